// What is on a device, in words, and what of it keeps the device from being taken: the guard before anything is destroyed. Pure.
import {formatSize} from '../../spec/size.ts'
import type {FoundDevice} from './find-device.ts'
import type {MachineFacts} from './facts/machine.ts'
import {devicePath} from './facts/machine.ts'

export interface Content {
  /** Where it is: the device or a partition on it. */
  readonly device: string
  /** `an ext4 file system 'data'`, `the partition /dev/sdb1 (10G)`. */
  readonly what: string
  /** It is used now; wiping would take it from under somebody. */
  readonly isInUse: boolean
}

/** What others than the machine itself say of devices. */
export interface Claims {
  /** Guests that were given a device, by the device's path without links. */
  readonly guests: readonly {readonly device: string; readonly vmid: number; readonly key: string}[]
  /** Storages, by the volume group or pool that they lie on. */
  readonly storages: readonly {readonly storage: string; readonly kind: 'group' | 'pool'; readonly name: string}[]
}

/** What was found by reading a device itself, by its path: udev and the kernel may know less, or what was there before. */
export interface Probe {
  readonly signatures: ReadonlyMap<string, readonly Signature[]>
  /** Partitions that stand in a table and are not known to the kernel. */
  readonly hiddenPartitions: ReadonlyMap<string, readonly string[]>
}

export interface Signature {
  /** `ext4`, `LVM2_member`, `gpt`. */
  readonly type: string
  readonly label?: string
  /** The file system's, the physical volume's, of ZFS the pool's. */
  readonly uuid?: string
  readonly isTable: boolean
}

const nothingProbed: Probe = {signatures: new Map(), hiddenPartitions: new Map()}

/** Everything on the device and its partitions; nothing: it is blank. An empty partition table is nothing. */
export function contentsOf(found: FoundDevice, facts: MachineFacts, claims: Claims, probe: Probe = nothingProbed): Content[] {
  const parts = found.isPartition ? [] : found.disk.partitions
  const own = contentsOfOne(found.path, found.isPartition ? found.disk.partitions.find(({name}) => name === found.name)?.holders ?? [] : found.disk.holders, facts, claims, probe)
  const below = parts.flatMap(({name, sizeBytes, holders}) => {
    const path = devicePath(name)
    return [{device: path, what: `the partition ${path} (${formatSize(sizeBytes)})`, isInUse: false}, ...contentsOfOne(path, holders, facts, claims, probe)]
  })
  // A disk that is used as a whole has no business with its partitions, but what uses it would lose them.
  const around = found.isPartition ? contentsOfOne(devicePath(found.disk.name), found.disk.holders, facts, claims, nothingProbed).filter(({isInUse}) => isInUse) : []
  const untold = (found.isPartition ? [] : probe.hiddenPartitions.get(found.path) ?? []).map((what) => ({device: found.path, what, isInUse: false}))
  return [...own, ...below, ...untold, ...around]
}

function contentsOfOne(path: string, holders: readonly string[], facts: MachineFacts, {guests, storages}: Claims, {signatures}: Probe): Content[] {
  const {fileSystem, label, mountPoints = []} = facts.lsblk.get(path) ?? {}
  const found: Content[] = []
  const add = (what: string, isInUse: boolean) => found.push({device: path, what, isInUse})
  const places = new Set([...facts.mounts.get(path) ?? [], ...mountPoints.filter((place) => place.startsWith('/'))])
  for (const place of places) add(`mounted at ${place}`, true)
  if (facts.swaps.includes(path) || mountPoints.includes('[SWAP]')) add('swap space in use', true)
  for (const {group} of facts.physicalVolumes.filter((volume) => volume.path === path)) {
    const users = storages.filter(({kind, name}) => kind === 'group' && name === group).map(({storage}) => `'${storage}'`)
    add(group === undefined ? 'a physical volume of LVM' : `a physical volume of the volume group '${group}'${storageWords(users)}`, users.length > 0)
  }
  for (const {pool} of facts.poolDevices.filter((device) => device.path === path)) {
    const users = storages.filter(({kind, name}) => kind === 'pool' && name === pool).map(({storage}) => `'${storage}'`)
    add(`a device of the ZFS pool '${pool}'${storageWords(users)}`, true)
  }
  for (const {use, osd} of facts.cephVolumes.filter(({device}) => device === path)) add(`the ${use} device of ${osd === undefined ? 'an OSD of Ceph' : `OSD ${osd} of Ceph`}`, true)
  for (const {vmid, key} of guests.filter(({device}) => device === path)) add(`given to guest ${vmid} as ${key}`, true)
  if (holders.length > 0) add(`held by ${holders.map(devicePath).join(', ')}`, true)
  const isTold = found.some(({what}) => /^a (?:physical volume|device of the ZFS)/.test(what))
  const known: readonly Signature[] = fileSystem === undefined ? [] : [{type: fileSystem, isTable: false, ...(label === undefined ? {} : {label})}]
  const read = (signatures.get(path) ?? []).filter(({isTable, type}) => !isTable && type !== fileSystem)
  const words = [...known, ...read].map((each) => `${signatureWords(each.type)}${each.label === undefined ? '' : ` '${each.label}'`}`)
  if (!isTold) for (const what of new Set(words)) add(what, false)
  return found
}

function storageWords(users: readonly string[]): string {
  return users.length === 0 ? '' : ` (storage ${users.join(', ')})`
}

/** What a signature, as wipefs and lsblk name it, stands for. */
export function signatureWords(fileSystem: string): string {
  const known: Readonly<Record<string, string>> = {
    LVM2_member: 'a physical volume of LVM', zfs_member: 'a device of a ZFS pool', linux_raid_member: 'a member of a software RAID', crypto_LUKS: 'an encrypted volume (LUKS)',
    swap: 'a swap space', ceph_bluestore: 'an OSD of Ceph',
  }
  return known[fileSystem] ?? `${/^(?:[aeiou]|xfs)/i.test(fileSystem) ? 'an' : 'a'} ${fileSystem} file system`
}

/** `/dev/sdb1: an ext4 file system 'data'`, each device once. */
export function contentLines(contents: readonly Content[]): string[] {
  return contents.map(({device, what}) => what.includes(device) ? what : `${device}: ${what}`)
}
