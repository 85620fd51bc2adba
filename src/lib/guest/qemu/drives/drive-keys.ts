// The configuration keys that hold drives, and the little of their values that must be read without the schema of a drive (which
// volume, and whether it is a CD). It must not know storages or how QEMU is told of a drive.

/** How many drives each bus takes; the order is that in which Proxmox VE looks for something to boot from. */
const bootableBuses = {ide: 4, scsi: 31, virtio: 16, sata: 6} as const

/** Every drive that a guest can boot from, in the order of preference. */
export const bootableDriveKeys: readonly string[] = Object.entries(bootableBuses)
  .flatMap(([bus, count]) => Array.from({length: count}, (_, index) => `${bus}${index}`))

/** Drives that hold the state of a device rather than the guest's data. */
const stateDriveKeys: readonly string[] = ['efidisk0', 'tpmstate0']

const driveKeySet: ReadonlySet<string> = new Set([...bootableDriveKeys, ...stateDriveKeys])

/** Proxmox VE keeps room for this many disks that no device uses. */
export const maxUnusedDisks = 256

export function isDriveKey(key: string): boolean {
  return driveKeySet.has(key)
}

export function isUnusedKey(key: string): boolean {
  return /^unused\d+$/.test(key)
}

export interface DriveValue {
  /** A volume id, an absolute path, `none` or `cdrom`. */
  readonly file: string
  /** The other properties as they stand in the configuration. */
  readonly options: Readonly<Record<string, string>>
}

/** Takes a stored drive apart. It is lenient, because what is stored was checked when it came in. */
export function readDrive(value: string): DriveValue {
  let file = ''
  const options: Record<string, string> = {}
  for (const part of value.split(',')) {
    const equals = part.indexOf('=')
    const name = equals < 0 ? 'file' : part.slice(0, equals)
    const text = equals < 0 ? part : part.slice(equals + 1)
    if (name === 'file' || name === 'volume') file = text
    else options[name] = text
  }
  return {file, options}
}

/** Writes a drive as Proxmox VE does: the file first, then its properties by name. */
export function formatDrive(drive: DriveValue): string {
  const options = Object.entries(drive.options).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, text]) => `${name}=${text}`)
  return [drive.file, ...options].join(',')
}

/** A CD-ROM drive, with a disc or without. */
export function isCdrom(drive: DriveValue): boolean {
  return drive.options['media'] === 'cdrom' || drive.file === 'cdrom'
}

/** The volume that stands behind a drive: not a path, not an empty tray. */
export function volumeOf(drive: DriveValue): string | undefined {
  return /^[^/:]+:./.test(drive.file) ? drive.file : undefined
}
