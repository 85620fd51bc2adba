// The disks of an OVF manifest: which file each comes from, how large it is, and the drive of qm.conf that it becomes. Pure.
import {InvalidInputError, UnsupportedError} from '../../../base/index.ts'
import {checkMemberName} from '../../../storage/import/index.ts'
import {diskNumbers} from './disk-buses.ts'
import type {DiskBus} from './disk-buses.ts'
import {attribute, property, sections} from './elements.ts'
import {amountInBytes} from './units.ts'
import type {XmlElement} from './xml.ts'

export interface OvfDisk {
  /** The key of qm.conf: `scsi0`. */
  readonly address: string
  /** The image beside the manifest; undefined for a disk that is empty. */
  readonly file: string | undefined
  /** What the manifest says; the image itself decides where there is one. */
  readonly capacityBytes: number | undefined
}

export interface OvfDisks { readonly disks: readonly OvfDisk[]; readonly notes: readonly string[] }

const mostDisks = 64
/** Values of CIM_ResourceAllocationSettingData.ResourceType. */
const controllerTypes: Readonly<Record<string, DiskBus>> = {'5': 'ide', '6': 'scsi', '20': 'sata'}
const diskTypes: readonly (string | undefined)[] = ['17', '31']

/** @throws InvalidInputError, UnsupportedError naming the disk */
export function readOvfDisks(envelope: XmlElement, items: readonly XmlElement[]): OvfDisks {
  const wanted = items.filter((item) => diskTypes.includes(property(item, 'ResourceType')))
  if (wanted.length > mostDisks) throw new InvalidInputError(`the OVF manifest has more than ${mostDisks} disks`)
  const notes: string[] = []
  const numbers = diskNumbers()
  const disks = wanted.map((item) => {
    const name = property(item, 'ElementName')?.slice(0, 64) ?? 'a disk'
    const {address, note} = placeOf(item, items, numbers, name)
    if (note !== undefined) notes.push(note)
    return {address, ...sourceOf(item, envelope, name)}
  })
  return {disks, notes}
}

function placeOf(item: XmlElement, items: readonly XmlElement[], numbers: ReturnType<typeof diskNumbers>, name: string): {address: string; note?: string} {
  const parent = property(item, 'Parent')
  const controller = parent === undefined ? undefined : items.find((candidate) => property(candidate, 'InstanceID') === parent)
  const type = controller === undefined ? undefined : property(controller, 'ResourceType')
  const isNvme = /nvme/i.test(controller === undefined ? '' : property(controller, 'ResourceSubType') ?? '')
  const bus = isNvme ? undefined : controllerTypes[type ?? '']
  const unit = Number(/^\d{1,3}$/.exec(property(item, 'AddressOnParent') ?? '')?.[0] ?? 0)
  // IDE has two disks on each of its two channels, and each channel is a controller to OVF.
  const channel = bus === 'ide' && controller !== undefined && property(controller, 'Address') === '1' ? 2 : 0
  const address = numbers.take(bus ?? 'scsi', channel + unit)
  return bus === undefined ? {address, note: `${name} is on a controller that is not known here and becomes ${address}`} : {address}
}

function sourceOf(item: XmlElement, envelope: XmlElement, name: string): Pick<OvfDisk, 'file' | 'capacityBytes'> {
  const reference = property(item, 'HostResource')
  // `ovf:/disk/ID`; old programs leave out `ovf:` or write a second slash.
  const match = /^(?:ovf:)?\/{1,2}(disk|file)\/(\S{1,256})$/.exec(reference ?? '')
  if (match === null) throw new InvalidInputError(`${name}: '${(reference ?? '').slice(0, 80)}' names no disk of the manifest`)
  const [, kind, id = ''] = match
  if (kind === 'file') return {file: fileOf(id, envelope, name), capacityBytes: undefined}
  const disk = sections(envelope, 'DiskSection').flatMap((section) => sections(section, 'Disk')).find((found) => attribute(found, 'diskId') === id)
  if (disk === undefined) throw new InvalidInputError(`${name}: the manifest has no disk '${id.slice(0, 80)}'`)
  if (attribute(disk, 'parentRef') !== undefined) throw new UnsupportedError(`${name}: the disk '${id.slice(0, 80)}' stands on another one (parentRef); export it as a whole`)
  const capacity = attribute(disk, 'capacity')
  const capacityBytes = capacity === undefined || capacity.startsWith('${') ? undefined : amountInBytes(`${name}: its capacity`, capacity, attribute(disk, 'capacityAllocationUnits'), 1)
  const fileId = attribute(disk, 'fileRef')
  if (fileId === undefined && capacityBytes === undefined) throw new InvalidInputError(`${name}: the disk '${id.slice(0, 80)}' has neither a file nor a size`)
  return {file: fileId === undefined ? undefined : fileOf(fileId, envelope, name), capacityBytes}
}

function fileOf(id: string, envelope: XmlElement, name: string): string {
  const found = sections(envelope, 'References').flatMap((section) => sections(section, 'File')).filter((file) => attribute(file, 'id') === id)
  const [file] = found
  if (file === undefined) throw new InvalidInputError(`${name}: the manifest has no file '${id.slice(0, 80)}'`)
  if (found.length > 1) throw new InvalidInputError(`${name}: the manifest has two files '${id.slice(0, 80)}'`)
  const href = attribute(file, 'href') ?? ''
  const compression = attribute(file, 'compression')
  if (compression !== undefined && compression !== '' && compression !== 'identity') {
    throw new UnsupportedError(`${name}: '${shown(href)}' is compressed (${compression.slice(0, 20)})`, {nextSteps: ['Unpack it (gunzip) and take the attribute ovf:compression out of the manifest.']})
  }
  if (attribute(file, 'chunkSize') !== undefined) throw new UnsupportedError(`${name}: '${shown(href)}' is split into pieces (chunkSize)`, {nextSteps: ['Export it in one piece.']})
  return checkMemberName(href, name)
}

function shown(href: string): string {
  return href.slice(0, 80)
}
