// What is known of a machine's block devices: what the kernel, udev and the tools said, as typed values. Everything that the product says of disks
// is computed from this, so that a machine of which only the texts are there goes through the same code as a real one.
import type {SmartData} from '../smart.ts'

/** What the kernel says of a whole block device and of the partitions on it (sysfs). */
export interface BlockDevice {
  /** The kernel's name, in which `!` stands for a slash: `sda`, `nvme0n1`, `cciss!c0d0`. */
  readonly name: string
  readonly sizeBytes: number
  /** Major and minor number, `8:0`. */
  readonly number?: string
  readonly isRotational?: boolean
  readonly vendor?: string
  readonly model?: string
  /** It is reached over iSCSI. */
  readonly isIscsi: boolean
  /** Kernel names of the devices that stand on it: device mapper, software RAID. */
  readonly holders: readonly string[]
  readonly partitions: readonly PartitionDevice[]
}

export interface PartitionDevice {
  readonly name: string
  readonly sizeBytes: number
  readonly number?: string
  readonly holders: readonly string[]
}

/** What udev remembers of a device: the properties of its record. */
export type UdevProperties = ReadonlyMap<string, string>

/** A line of lsblk. */
export interface LsblkDevice {
  readonly path: string
  readonly fileSystem?: string
  readonly label?: string
  /** `gpt`, `dos`. */
  readonly tableType?: string
  readonly partitionType?: string
  readonly mountPoints: readonly string[]
}

/** A physical volume of LVM; without a group when it is in none. */
export interface PhysicalVolume { readonly path: string; readonly group?: string }

/** A logical volume that belongs to Ceph, and a device on which it lies. */
export interface CephVolume {
  readonly device: string
  readonly use: 'block' | 'data' | 'journal' | 'db' | 'wal'
  readonly osd?: number
  readonly isEncrypted: boolean
}

/** A device of a ZFS pool that is imported. */
export interface PoolDevice { readonly path: string; readonly pool: string }

export interface MachineFacts {
  readonly devices: readonly BlockDevice[]
  /** By kernel name. */
  readonly udev: ReadonlyMap<string, UdevProperties>
  /** By path. */
  readonly lsblk: ReadonlyMap<string, LsblkDevice>
  readonly physicalVolumes: readonly PhysicalVolume[]
  readonly cephVolumes: readonly CephVolume[]
  readonly poolDevices: readonly PoolDevice[]
  /** Where devices are mounted, by path. */
  readonly mounts: ReadonlyMap<string, readonly string[]>
  /** Paths of devices that are swapped to. */
  readonly swaps: readonly string[]
  /** By path; nothing for disks that were not asked. */
  readonly smart: ReadonlyMap<string, SmartData>
  /** What could not be found out, a sentence each: nothing may be destroyed then. */
  readonly problems: readonly string[]
}

/** The path of a device by its kernel name. */
export function devicePath(name: string): string {
  return `/dev/${name.replaceAll('!', '/')}`
}
