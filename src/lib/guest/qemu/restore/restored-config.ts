// From the configuration in a backup to that of the restored machine: which of its drives the archive holds, what belonged to the machine that was
// backed up and to no other, and what is drawn anew. Line by line, because the text is another program's. Pure but for the values drawn.
import {withProperty} from '../config-values.ts'
import type {ValueSources} from '../config-values.ts'
import {formatDriveText, parseDriveText} from '../drives/drive-text.ts'
import {without} from '../drives/plan-drives.ts'

/** A line of the archive that tells which of its disks is which drive: `#qmdump#map:scsi0:drive-scsi0:local:qcow2:`. */
export interface ArchivedDrive {
  /** `scsi0`. */
  readonly key: string
  /** The disk's name in the archive. */
  readonly name: string
  /** Where it lay, and how. Either may be unknown. */
  readonly storage: string | undefined
  readonly format: string | undefined
}

const map = /^#qmdump#map:((?:ide|sata|scsi|virtio|efidisk|tpmstate)\d{1,2}):([\w.-]{1,128}):([^:\s]{0,100}):([^:\s]{0,20}):\s*$/
const driveLine = /^((?:ide|sata|scsi|virtio|efidisk|tpmstate)\d{1,2}):[ \t]*(\S.*)$/

/** Pure: the drives whose content is in the archive, as its lines say it. */
export function archivedDrives(text: string): ArchivedDrive[] {
  return text.split('\n').flatMap((line) => {
    const [, key, name, storage, format] = map.exec(line) ?? []
    return key === undefined || name === undefined ? [] : [{key, name, storage: storage === '' ? undefined : storage, format: format === '' ? undefined : format}]
  })
}

export interface RestoredDrives {
  /** The volumes that take the drives' content, by key. */
  readonly volumes: Readonly<Record<string, string>>
  /** Drives with a value of their own, such as a new one for cloud-init; undefined: the machine does not get the drive. */
  readonly others?: Readonly<Record<string, string | undefined>>
  /** New addresses and a new identity, for a machine that is to live beside the one that was backed up. */
  readonly isUnique: boolean
}

/**
 * The text of the restored machine's configuration. Snapshots, locks and unused disks were the other one's. The number of its generation is new
 * when it has one, so that the system in it learns that it went back in time.
 */
export async function restoredText(text: string, {volumes, others = {}, isUnique}: RestoredDrives, sources: Pick<ValueSources, 'newUuid' | 'newMac'>): Promise<string> {
  const lines: string[] = []
  for (const line of text.split('\n')) {
    // Sections come last; they are snapshots and what waited for a restart.
    if (/^\[[^\]\n]{1,100}\][ \t]*$/.test(line)) break
    if (/^#(?:qmdump|vzdump)#|^(?:lock|parent|unused\d{1,3}):/.test(line)) continue
    const [, key = '', value = ''] = driveLine.exec(line) ?? []
    const volume = volumes[key]
    if (volume !== undefined) lines.push(`${key}: ${withVolume(value, volume)}`)
    else if (key in others) lines.push(...(others[key] === undefined ? [] : [`${key}: ${others[key]}`]))
    else lines.push(await restoredLine(line, isUnique, sources))
  }
  return lines.join('\n')
}

async function restoredLine(line: string, isUnique: boolean, sources: Pick<ValueSources, 'newUuid' | 'newMac'>): Promise<string> {
  const [, key = '', value = ''] = /^([a-z]{1,20}\d{0,3}):[ \t]*(\S.*)$/.exec(line) ?? []
  if (key === 'vmgenid' && value.trim() !== '0') return `vmgenid: ${sources.newUuid()}`
  if (isUnique && /^net\d+$/.test(key)) return `${key}: ${withProperty(key, value, 'macaddr', await sources.newMac())}`
  if (isUnique && key === 'smbios1') return `smbios1: ${withProperty(key, value, 'uuid', sources.newUuid())}`
  return line
}

function withVolume(value: string, volume: string): string {
  const {options} = parseDriveText(value)
  return formatDriveText({file: volume, options: without(options, 'format')})
}
