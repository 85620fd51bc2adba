// Which drives of a virtual machine are in its backup, and the text of the configuration that goes into the archive. Pure. What is left out, the names of
// the disks and the lines that tell which is which are Proxmox VE's (vzdump(1), "Backup"; qm(1), `backup`).
import {readFlag} from '../../read-properties.ts'
import type {BackupVolume} from '../../backup/backup-type.ts'
import type {DriveText} from '../drives/drive-text.ts'
import {isCdromText, isUnusedKey, parseDriveText, volumeOf} from '../drives/drive-text.ts'
import {isDriveKey} from '../config/drives.ts'

export interface BackedUpDrive {
  /** `scsi0`. */
  readonly key: string
  readonly drive: DriveText
  /** The drive's text in the configuration. */
  readonly text: string
  /** In the archive. */
  readonly name: string
  /** A volume id, or a path on the host. */
  readonly file: string
}

export interface DriveChoice {
  readonly included: readonly BackedUpDrive[]
  /** A line for the log about each drive. */
  readonly remarks: readonly string[]
}

const order = ['ide', 'sata', 'scsi', 'virtio', 'efidisk', 'tpmstate']

/** The drives that are no discs, in their order. */
function drivesOf(values: Readonly<Record<string, string>>): {key: string; text: string; drive: DriveText}[] {
  const rank = (key: string): number => order.indexOf(key.replaceAll(/\d/g, '')) * 1000 + Number(key.replaceAll(/\D/g, ''))
  const keys = Object.keys(values).filter((key) => isDriveKey(key) && !isUnusedKey(key)).sort((a, b) => rank(a) - rank(b))
  return keys.map((key) => ({key, text: values[key] ?? '', drive: parseDriveText(values[key] ?? '')})).filter(({drive}) => !isCdromText(drive))
}

/** All of them, with whether a backup takes them in. */
export function backupVolumes(values: Readonly<Record<string, string>>): BackupVolume[] {
  const drives = drivesOf(values).map(({key, drive}): BackupVolume => {
    const reason = reasonForLeavingOut(key, drive, values)
    const asked = drive.options['backup'] === undefined ? 'enabled' : 'backup=yes'
    return {key, volume: drive.file, isIncluded: reason === undefined, reason: reason ?? asked}
  })
  const unused = Object.entries(values).filter(([key]) => isUnusedKey(key)).map(([key, volume]): BackupVolume => ({key, volume, isIncluded: false, reason: 'not used by the machine'}))
  return [...drives, ...unused]
}

export function chooseDrives(values: Readonly<Record<string, string>>): DriveChoice {
  const included: BackedUpDrive[] = []
  const remarks: string[] = []
  for (const {key, text, drive} of drivesOf(values)) {
    const reason = reasonForLeavingOut(key, drive, values)
    if (reason !== undefined) {
      remarks.push(`exclude disk '${key}' '${drive.file}' (${reason})`)
      continue
    }
    remarks.push(`include disk '${key}' '${drive.file}'${drive.options['size'] === undefined ? '' : ` ${drive.options['size']}`}`)
    included.push({key, drive, text, name: `drive-${key}${key === 'tpmstate0' ? '-backup' : ''}`, file: drive.file})
  }
  for (const [key, volume] of Object.entries(values)) if (isUnusedKey(key)) remarks.push(`skip unused drive '${volume}' (not included into backup)`)
  return {included, remarks}
}

function reasonForLeavingOut(key: string, {options}: DriveText, values: Readonly<Record<string, string>>): string | undefined {
  if (options['backup'] !== undefined && readFlag(options['backup']) === false) return 'backup=no'
  return key === 'efidisk0' && values['bios'] !== 'ovmf' ? 'a disk of the firmware without bios: ovmf' : undefined
}

/** How a drive lies on its storage, for the line in the archive. */
export interface DrivePlace {
  readonly key: string
  readonly name: string
  /** Empty for a path. */
  readonly storage: string
  readonly format: string
}

/**
 * What is in force, as it stands, without what belongs to the machine's life here: snapshots, what waits for a restart, its lock, disks that it does not
 * use. Behind it stands which disk of the archive is which drive.
 */
export function archivedText(text: string, places: readonly DrivePlace[]): string {
  const lines = text.split('\n')
  const sections = lines.findIndex((line) => /^\[[^\]\n]{1,100}\][ \t]*$/.test(line))
  const own = (sections === -1 ? lines : lines.slice(0, sections)).filter((line) => line !== '' && !/^(?:#(?:qmdump|vzdump)#|(?:lock|parent|unused\d{1,3}):)/.test(line))
  return [...own, ...places.map(({key, name, storage, format}) => `#qmdump#map:${key}:${name}:${storage}:${format}:`), ''].join('\n')
}

/** The storage of a drive's volume; empty for a path. */
export function storageOf({drive}: BackedUpDrive): string {
  return volumeOf(drive)?.split(':')[0] ?? ''
}
