// An OVF manifest for tests, with the parts that a test wants otherwise.

export interface OvfParts {
  /** Name of the file and, when it is not the default one, attributes of its File and Disk. */
  readonly files?: readonly {readonly href: string; readonly attributes?: string; readonly diskAttributes?: string}[]
  /** Items behind those of the disks. */
  readonly items?: string
  /** What stands in VirtualHardwareSection behind the items. */
  readonly hardware?: string
  readonly name?: string
  readonly osId?: number
  /** What stands before Envelope. */
  readonly before?: string
  /** Sections of Envelope before VirtualSystem. */
  readonly sections?: string
}

export function ovfItem(type: number, properties: Readonly<Record<string, string | number>>): string {
  const written = Object.entries({...properties, ResourceType: type}).map(([name, value]) => `<rasd:${name}>${value}</rasd:${name}>`)
  return `<Item>${written.join('')}</Item>\n`
}

export function ovfManifest({files = [{href: 'disk1.vmdk'}], items = '', hardware = '', name = 'web', osId = 101, before = '<?xml version="1.0" encoding="UTF-8"?>\n', sections = ''}: OvfParts = {}): string {
  const references = files.map(({href, attributes = ''}, number) => `<File ovf:href="${href}" ovf:id="file${number}" ${attributes}/>`).join('')
  const disks = files.map(({diskAttributes = ''}, number) => `<Disk ovf:capacity="1" ovf:capacityAllocationUnits="byte * 2^30" ovf:diskId="disk${number}" ovf:fileRef="file${number}" ${diskAttributes}/>`).join('')
  const drives = files.map((_, number) => ovfItem(17, {AddressOnParent: number, ElementName: `hard disk ${number}`, HostResource: `ovf:/disk/disk${number}`, InstanceID: 20 + number, Parent: 3})).join('')
  return `${before}<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" xmlns:vmw="http://www.vmware.com/schema/ovf">
<References>${references}</References><DiskSection><Info>Disks</Info>${disks}</DiskSection>${sections}
<VirtualSystem ovf:id="vm"><Info>A machine</Info><Name>${name}</Name><OperatingSystemSection ovf:id="${osId}"><Info>x</Info></OperatingSystemSection>
<VirtualHardwareSection><Info>Hardware</Info>
${ovfItem(3, {VirtualQuantity: 2, InstanceID: 1})}${ovfItem(4, {AllocationUnits: 'byte * 2^20', VirtualQuantity: 512, InstanceID: 2})}${ovfItem(6, {ResourceSubType: 'VirtualSCSI', InstanceID: 3, Address: 0})}${drives}${items}${hardware}
</VirtualHardwareSection></VirtualSystem></Envelope>
`
}
