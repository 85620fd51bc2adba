// The disks of a machine as `corral disk list` shows them, computed from what was read of the machine. Pure.
import {devicePath} from './facts/machine.ts'
import type {BlockDevice, CephVolume, MachineFacts, PartitionDevice} from './facts/machine.ts'
import {lifeLeftPercent} from './smart.ts'
import {deviceUse} from './device-use.ts'

export type DiskType = 'hdd' | 'ssd' | 'nvme' | 'usb' | 'unknown' | 'partition'

/** The names are Proxmox VE's. */
export interface Disk {
  readonly devpath: string
  readonly type: DiskType
  readonly size: number
  readonly gpt: 0 | 1
  /** What takes it: `LVM`, `ZFS`, `mounted`, `partitions`, `Device Mapper`, a file system. Absent: nothing. */
  readonly used?: string
  readonly mounted?: 1
  /** -1: none. */
  readonly osdid: number
  readonly 'osdid-list'?: readonly number[]
  readonly bluestore?: 0 | 1
  readonly osdencrypted?: 0 | 1
  readonly journals?: number
  readonly db?: number
  readonly wal?: number
  /** Of a partition: the disk. */
  readonly parent?: string
  readonly rpm?: number
  readonly vendor?: string
  readonly model?: string
  readonly serial?: string
  readonly wwn?: string
  readonly health?: string
  /** What is left of the life of an SSD in percent. */
  readonly wearout?: number | 'N/A'
  readonly by_id_link?: string
}

/** Disks as Proxmox VE counts them: IDE, SCSI and SATA, virtio, Xen, NVMe and HP's Smart Array. No loop devices, no device mapper, no optical drives. */
const diskName = /^(?:[hs]d[a-z]{1,8}|x?vd[a-z]{1,8}|nvme\d{1,6}n\d{1,6}|cciss!c\d{1,6}d\d{1,6})$/

/** Whether a device of this kernel name is a disk of the machine; card readers without a card are none, and disks of an iSCSI target are the target's. */
export function isDisk({name, sizeBytes, isIscsi}: BlockDevice): boolean {
  return diskName.test(name) && sizeBytes > 0 && !isIscsi
}

/** All disks by name (`sda`, `cciss/c0d0`), sorted; with their partitions where these are wanted. */
export function inventory(facts: MachineFacts, wanted: {readonly withPartitions?: boolean} = {}): Map<string, Disk> {
  const disks = facts.devices.filter(isDisk).toSorted((a, b) => a.name.localeCompare(b.name, 'en', {numeric: true}))
  return new Map(disks.flatMap((device) => [
    [shownName(device.name), diskOf(device, facts, wanted.withPartitions === true)] as const,
    ...(wanted.withPartitions === true ? device.partitions.map((partition) => [shownName(partition.name), partitionOf(partition, device, facts)] as const) : []),
  ]))
}

function shownName(name: string): string {
  return name.replaceAll('!', '/')
}

/** One whole device, also one that is not listed. */
export function diskOf(device: BlockDevice, facts: MachineFacts, withPartitions = false): Disk {
  const devpath = devicePath(device.name)
  const udev = facts.udev.get(device.name) ?? new Map<string, string>()
  const rpm = /^\d{1,6}$/.test(udev.get('ID_ATA_ROTATION_RATE_RPM') ?? '') ? Number(udev.get('ID_ATA_ROTATION_RATE_RPM')) : -1
  const type = typeOf(device, rpm, udev.get('ID_BUS') === 'usb')
  const smart = facts.smart.get(devpath)
  const used = useOfDisk(device, facts, withPartitions)
  const link = udev.get('DEVLINKS')?.split(' ').find((each) => /^\/dev\/disk\/by-id\/(?:ata|scsi|nvme(?!-eui))/.test(each))
  return {
    devpath, type, size: device.sizeBytes, rpm: device.isRotational === false ? 0 : rpm,
    vendor: device.vendor ?? udev.get('ID_VENDOR') ?? 'unknown', model: udev.get('ID_MODEL') ?? device.model ?? 'unknown',
    serial: udev.get('ID_SERIAL_SHORT') ?? 'unknown', wwn: udev.get('ID_WWN') ?? 'unknown', gpt: hasGpt(device, facts),
    health: smart?.health ?? 'UNKNOWN', wearout: (smart !== undefined && isSolidState(type) ? lifeLeftPercent(smart) : undefined) ?? 'N/A',
    ...(used === undefined ? {} : {used}), ...(isMounted(devpath, facts) ? {mounted: 1} : {}), ...(link === undefined ? {} : {by_id_link: link}),
    ...cephFields([devpath, ...device.partitions.map(({name}) => devicePath(name))], facts),
  }
}

function partitionOf({name, sizeBytes, holders}: PartitionDevice, device: BlockDevice, facts: MachineFacts): Disk {
  const devpath = devicePath(name)
  const used = deviceUse(devpath, facts) ?? (holders.length > 0 ? 'Device Mapper' : undefined)
  return {
    devpath, parent: devicePath(device.name), type: 'partition', size: sizeBytes, gpt: hasGpt(device, facts),
    ...(used === undefined ? {} : {used}), ...(isMounted(devpath, facts) ? {mounted: 1} : {}), ...cephFields([devpath], facts),
  }
}

function typeOf({name, isRotational}: BlockDevice, rpm: number, isUsb: boolean): DiskType {
  if (isRotational === false) return name.startsWith('nvme') ? 'nvme' : 'ssd'
  if (isRotational === undefined) return 'unknown'
  return rpm >= 0 ? 'hdd' : isUsb ? 'usb' : 'unknown'
}

/** udev knows it; where there is no udev, lsblk has looked itself. */
function hasGpt({name}: BlockDevice, {udev, lsblk}: MachineFacts): 0 | 1 {
  return (udev.get(name)?.get('ID_PART_TABLE_TYPE') ?? lsblk.get(devicePath(name))?.tableType) === 'gpt' ? 1 : 0
}

export function isSolidState(type: DiskType): boolean {
  return type === 'ssd' || type === 'nvme'
}

/** What a disk is used for in one word: by itself, else by a partition that is used, else that there are partitions, else that something stands on it. */
function useOfDisk(device: BlockDevice, facts: MachineFacts, withPartitions: boolean): string | undefined {
  // Where partitions have lines of their own, a signature on the whole disk would only confuse.
  if (withPartitions && device.partitions.length > 0) return 'partitions'
  const own = deviceUse(devicePath(device.name), facts)
  if (own !== undefined) return own
  for (const {name, holders} of device.partitions) {
    const used = deviceUse(devicePath(name), facts) ?? (holders.length > 0 ? 'Device Mapper' : undefined)
    if (used !== undefined) return used
  }
  if (device.partitions.length > 0) return 'partitions'
  return device.holders.length > 0 ? 'Device Mapper' : undefined
}

export function isMounted(path: string, {mounts, lsblk}: MachineFacts): boolean {
  return mounts.has(path) || (lsblk.get(path)?.mountPoints ?? []).some((place) => place.startsWith('/'))
}

function cephFields(paths: readonly string[], facts: MachineFacts): Pick<Disk, 'osdid' | 'osdid-list' | 'bluestore' | 'osdencrypted' | 'journals' | 'db' | 'wal'> {
  const volumes = facts.cephVolumes.filter(({device}) => paths.includes(device))
  const stores = volumes.filter((volume): volume is CephVolume & {readonly osd: number} => (volume.use === 'block' || volume.use === 'data') && volume.osd !== undefined)
  const mounted = paths.flatMap((path) => (facts.mounts.get(path) ?? []).flatMap((place) => /^\/var\/lib\/ceph\/osd\/[^/]{1,64}-(\d{1,9})$/.exec(place)?.[1] ?? []).map(Number))
  const osds = [...new Set([...stores.map(({osd}) => osd), ...mounted])]
  const count = (name: 'journals' | 'db' | 'wal', use: CephVolume['use']) => {
    const number = volumes.filter((volume) => volume.use === use).length
    return number === 0 ? {} : {[name]: number}
  }
  return {
    osdid: osds[0] ?? -1, ...(osds.length === 0 ? {} : {'osdid-list': osds}),
    ...(stores.length === 0 ? {} : {bluestore: stores.some(({use}) => use === 'block') ? 1 : 0, osdencrypted: stores.some(({isEncrypted}) => isEncrypted) ? 1 : 0}),
    ...count('journals', 'journal'), ...count('db', 'db'), ...count('wal', 'wal'),
  }
}
