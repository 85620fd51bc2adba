// Looking into the elements of an OVF manifest (DMTF DSP0243) by their local names. Pure.
import type {XmlElement} from './xml.ts'

/** The namespace of manifests of OVF 1 and 2. */
const ovfNamespace = /^http:\/\/schemas\.dmtf\.org\/ovf\/envelope\/[12]$/
/** What describes devices (RASD, SASD, EPASD), in every version. */
const cimNamespace = /^http:\/\/schemas\.dmtf\.org\/wbem\/wscim\/1\/cim-schema\/2\//

export function isOvf({namespace}: Pick<XmlElement, 'namespace'>): boolean {
  return ovfNamespace.test(namespace)
}

/** The elements of OVF's own by that name, in their order. */
export function sections(parent: XmlElement | undefined, name: string): readonly XmlElement[] {
  return parent?.children.filter((child) => child.name === name && isOvf(child)) ?? []
}

/** An attribute; OVF's own stand with its prefix, and some programs leave that out. */
export function attribute(element: XmlElement, name: string): string | undefined {
  const named = element.attributes.filter((found) => found.name === name)
  return (named.find(isOvf) ?? named.find(({namespace}) => namespace === ''))?.value
}

/** The text of a property of a device, without space around it; undefined when it is empty. */
export function property(item: XmlElement, name: string): string | undefined {
  const text = item.children.find((child) => child.name === name && cimNamespace.test(child.namespace))?.text.trim()
  return text === '' ? undefined : text
}

/** The settings that VMware adds to a device or to the hardware: `<vmw:Config vmw:key="firmware" vmw:value="efi"/>`. */
export function vmwareSetting(parent: XmlElement, key: string): string | undefined {
  const value = (element: XmlElement, name: string) => element.attributes.find((found) => found.name === name)?.value
  const found = parent.children.find((child) => (child.name === 'Config' || child.name === 'ExtraConfig') && isVmware(child) && value(child, 'key') === key)
  return found === undefined ? undefined : value(found, 'value')
}

export function isVmware({namespace}: Pick<XmlElement, 'namespace'>): boolean {
  return namespace === 'http://www.vmware.com/schema/ovf'
}
