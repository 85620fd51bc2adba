// Reads an OVF manifest (DMTF DSP0243, 1.x and 2.x) into the description of one machine. Whoever wrote it decides nothing but that: files
// are named without folders, numbers are bounded, and what cannot be had is refused or noted. Pure; config.ts turns it into keys of qm.conf.
import {InvalidInputError, UnsupportedError} from '../../../base/index.ts'
import {attribute, isOvf, isVmware, property, sections, vmwareSetting} from './elements.ts'
import {osTypeOf} from './os-types.ts'
import {readOvfDisks} from './disks.ts'
import type {OvfDisk} from './disks.ts'
import {amountInBytes} from './units.ts'
import {parseXml} from './xml.ts'
import type {XmlElement} from './xml.ts'

export type {OvfDisk} from './disks.ts'

export interface OvfNetworkCard {
  /** As qm.conf names it. */
  readonly model: string
  /** The network that the manifest plugs it into. */
  readonly network: string | undefined
}

export interface OvfMachine {
  /** As it stands there; it may be no name for a guest. */
  readonly name: string | undefined
  readonly description: string | undefined
  readonly osType: string
  readonly sockets: number
  /** Of each socket. */
  readonly cores: number
  readonly memoryMib: number | undefined
  readonly usesUefi: boolean
  readonly hasSecureBoot: boolean
  readonly scsiController: string | undefined
  readonly disks: readonly OvfDisk[]
  readonly networkCards: readonly OvfNetworkCard[]
  /** What the manifest asks for and the machine does not get, a sentence each. */
  readonly notes: readonly string[]
}

const mib = 1024 * 1024
const mostProcessors = 4096
const mostItems = 512
const longestNote = 8192

/** Values of CIM_ResourceAllocationSettingData.ResourceType. */
const resource = {processor: '3', memory: '4', scsi: '6', ethernet: '10', cd: '15', dvd: '16'} as const

/**
 * @throws InvalidInputError when it is no manifest or breaks its rules, UnsupportedError for what a machine here cannot have
 */
export function readOvf(text: string): OvfMachine {
  const envelope = parseXml(text)
  if (envelope.name !== 'Envelope' || !isOvf(envelope)) throw new InvalidInputError('the file is no OVF manifest: it does not begin with an Envelope of OVF 1 or 2')
  const system = onlySystem(envelope)
  const hardware = sections(system, 'VirtualHardwareSection')[0]
  if (hardware === undefined) throw new InvalidInputError('the OVF manifest describes no hardware')
  const items = itemsOf(hardware, chosenConfiguration(envelope))
  const {disks, notes} = readOvfDisks(envelope, items)
  return {
    name: sections(system, 'Name')[0]?.text.trim() || attribute(system, 'id'),
    description: descriptionOf(system), osType: osTypeOf(operatingSystem(system)), ...processors(items), memoryMib: memory(items),
    usesUefi: vmwareSetting(hardware, 'firmware')?.toLowerCase() === 'efi' || usesUefiInVirtualBox(system),
    hasSecureBoot: /^true$/i.test(vmwareSetting(hardware, 'bootOptions.efiSecureBootEnabled') ?? vmwareSetting(hardware, 'uefi.secureBoot.enabled') ?? ''),
    scsiController: ofType(items, resource.scsi).map(scsiControllerOf)[0],
    disks, networkCards: ofType(items, resource.ethernet).map(networkCard), notes: [...notes, ...notesOf(envelope, items)],
  }
}

function onlySystem(envelope: XmlElement): XmlElement {
  const systems = [...sections(envelope, 'VirtualSystem'), ...sections(envelope, 'VirtualSystemCollection').flatMap((collection) => sections(collection, 'VirtualSystem'))]
  const [system] = systems
  if (system === undefined) throw new InvalidInputError('the OVF manifest describes no machine')
  if (systems.length > 1) throw new UnsupportedError(`the OVF manifest describes ${systems.length} machines; one with a single machine is due`)
  return system
}

/** The configuration of deployment that the manifest itself prefers; undefined where it has none. */
function chosenConfiguration(envelope: XmlElement): string | undefined {
  const configurations = sections(envelope, 'DeploymentOptionSection').flatMap((section) => sections(section, 'Configuration'))
  const preferred = configurations.find((configuration) => attribute(configuration, 'default') === 'true') ?? configurations[0]
  return preferred === undefined ? undefined : attribute(preferred, 'id')
}

/** The devices of a configuration. One that is given for it alone takes the place of the general one with the same number. */
function itemsOf(hardware: XmlElement, configuration: string | undefined): readonly XmlElement[] {
  const items = ['Item', 'StorageItem', 'EthernetPortItem'].flatMap((name) => sections(hardware, name))
  if (items.length > mostItems) throw new InvalidInputError(`the OVF manifest has more than ${mostItems} devices`)
  const isFor = (item: XmlElement) => attribute(item, 'configuration')?.split(/\s+/)
  const special = new Set(items.filter((item) => configuration !== undefined && isFor(item)?.includes(configuration)))
  const replaced = new Set([...special].map((item) => property(item, 'InstanceID')))
  return items.filter((item) => special.has(item) || (isFor(item) === undefined && (special.size === 0 || !replaced.has(property(item, 'InstanceID')))))
}

function ofType(items: readonly XmlElement[], ...types: readonly string[]): readonly XmlElement[] {
  return items.filter((item) => types.includes(property(item, 'ResourceType') ?? ''))
}

function operatingSystem(system: XmlElement): string | undefined {
  const [section] = sections(system, 'OperatingSystemSection')
  return section === undefined ? undefined : attribute(section, 'id')
}

function descriptionOf(system: XmlElement): string | undefined {
  const text = sections(system, 'AnnotationSection').flatMap((section) => sections(section, 'Annotation'))[0]?.text.trim()
  return text === undefined || text === '' ? undefined : text.slice(0, longestNote)
}

function processors(items: readonly XmlElement[]): Pick<OvfMachine, 'sockets' | 'cores'> {
  const [item] = ofType(items, resource.processor)
  if (item === undefined) return {sockets: 1, cores: 1}
  const count = wholeNumber('the number of processors', property(item, 'VirtualQuantity'), mostProcessors) ?? 1
  const perSocket = item.children.find((child) => child.name === 'CoresPerSocket' && isVmware(child))?.text.trim()
  const cores = wholeNumber('the number of cores in a socket', perSocket, mostProcessors) ?? count
  return count % cores === 0 ? {sockets: count / cores, cores} : {sockets: 1, cores: count}
}

function wholeNumber(what: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined || text === '') return undefined
  if (!/^[1-9]\d{0,5}$/.test(text) || Number(text) > most) throw new InvalidInputError(`${what} is '${text.slice(0, 40)}', not a number from 1 to ${most}`)
  return Number(text)
}

function memory(items: readonly XmlElement[]): number | undefined {
  const [item] = ofType(items, resource.memory)
  const amount = item === undefined ? undefined : property(item, 'VirtualQuantity')
  if (item === undefined || amount === undefined) return undefined
  return Math.max(16, Math.ceil(amountInBytes('the memory', amount, property(item, 'AllocationUnits'), mib) / mib))
}

/** VirtualBox keeps its own description of the machine beside OVF's. */
function usesUefiInVirtualBox(system: XmlElement): boolean {
  const machine = system.children.find(({name, namespace}) => name === 'Machine' && /^http:\/\/www\.virtualbox\.org\/ovf\/machine/.test(namespace))
  const hardware = machine?.children.find(({name}) => name === 'Hardware')
  const firmware = hardware?.children.find(({name}) => name === 'Firmware')?.attributes.find(({name}) => name === 'type')?.value
  return firmware !== undefined && /^EFI/i.test(firmware)
}

/** Our nearest to what VMware and VirtualBox call their controllers; the default where there is none. */
function scsiControllerOf(item: XmlElement): string | undefined {
  const type = property(item, 'ResourceSubType')?.toLowerCase() ?? ''
  if (type.includes('virtualscsi') || type.includes('pvscsi') || type.includes('paravirtual')) return 'pvscsi'
  if (type.includes('lsilogicsas') || type.includes('lsisas')) return 'megasas'
  if (type.includes('virtio')) return 'virtio-scsi-pci'
  return undefined
}

const cardModels: readonly (readonly [pattern: RegExp, model: string])[] = [
  [/^e1000e$/, 'e1000e'], [/^e1000/, 'e1000'], [/^vmxnet3/, 'vmxnet3'], [/^virtio/, 'virtio'], [/^(?:pcnet|am79c97)/, 'pcnet'], [/^rtl8139/, 'rtl8139'],
]

/** E1000 is what most guests have a driver for, and Proxmox VE's choice for a card that it does not know. */
function networkCard(item: XmlElement): OvfNetworkCard {
  const type = property(item, 'ResourceSubType')?.toLowerCase() ?? ''
  return {model: cardModels.find(([pattern]) => pattern.test(type))?.[1] ?? 'e1000', network: property(item, 'Connection')}
}

function notesOf(envelope: XmlElement, items: readonly XmlElement[]): string[] {
  const isCd = (item: XmlElement) => (property(item, 'HostResource') ?? '') !== ''
  const discs = ofType(items, resource.cd, resource.dvd).filter(isCd).length
  const required = envelope.children.filter((child) => !isOvf(child) && attribute(child, 'required') !== 'false').map(({name}) => name)
  const subType = ofType(items, resource.scsi).map((item) => property(item, 'ResourceSubType') ?? '').find((type) => /buslogic/i.test(type))
  return [
    ...(discs === 0 ? [] : ['discs in CD-ROM drives are not imported']),
    ...(subType === undefined ? [] : [`the SCSI controller '${subType.slice(0, 40)}' becomes an LSI one`]),
    ...required.map((name) => `the section ${name.slice(0, 64)} is not understood`),
  ]
}
