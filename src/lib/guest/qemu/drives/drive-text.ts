// The stored text of a drive (`local:100/vm-100-disk-0.raw,size=32G`), taken apart without its schema: what is stored was checked when
// it came in, and whoever only asks for the volume need not check it again. config/drives.ts reads a drive in full.

export {isUnusedKey} from '../../pending.ts'

export interface DriveText {
  /** A volume id, an absolute path, `none` or `cdrom`. */
  readonly file: string
  /** The other properties as they stand in the configuration. */
  readonly options: Readonly<Record<string, string>>
}

export function parseDriveText(value: string): DriveText {
  let file = ''
  const options = Object.create(null) as Record<string, string>
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
export function formatDriveText(drive: DriveText): string {
  const options = Object.entries(drive.options).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, text]) => `${name}=${text}`)
  return [drive.file.includes('=') ? `file=${drive.file}` : drive.file, ...options].join(',')
}

/** A CD-ROM drive, with a disc or without. */
export function isCdromText(drive: DriveText): boolean {
  return drive.options['media'] === 'cdrom' || drive.file === 'cdrom' || drive.file === 'none'
}

/** The volume that stands behind a drive: not a path, not an empty tray. */
export function volumeOf(drive: DriveText): string | undefined {
  return /^[^/:]+:./.test(drive.file) ? drive.file : undefined
}
