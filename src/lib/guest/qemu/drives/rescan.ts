// Brings a configuration up to date with what its storages hold: sizes that changed, volumes of the guest that nothing names, unused
// disks that are in use again. Pure.
import {formatSize, parseSize} from '../../../spec/size.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {isCloudInitDrive, isDriveKey} from '../config/drives.ts'
import {addUnused, dropUsedUnused, refersTo, writeKey} from '../pending.ts'
import {formatDriveText, isCdromText, parseDriveText} from './drive-text.ts'

/** The size of each volume that the guest owns, by volume id. */
export type OwnedVolumes = ReadonlyMap<string, number>

export interface Rescanned {
  readonly config: GuestConfig
  /** What changed, a line each. */
  readonly changes: readonly string[]
}

export function rescanConfig(config: GuestConfig, volumes: OwnedVolumes): Rescanned {
  const changes: string[] = []
  let current = config
  for (const [key, value] of Object.entries(config.current.values)) {
    const drive = parseDriveText(value)
    const sizeBytes = volumes.get(drive.file)
    // swtpm makes the file as small as what it has to keep.
    if (!isDriveKey(key) || key === 'tpmstate0' || isCdromText(drive) || sizeBytes === undefined || sizeOf(drive.options['size']) === sizeBytes) continue
    const size = formatSize(sizeBytes)
    current = writeKey(current, key, formatDriveText({...drive, options: {...drive.options, size}}))
    changes.push(drive.options['size'] === undefined ? `${key} has ${size}` : `${key} has ${size}, not ${drive.options['size']}`)
  }
  const kept = dropUsedUnused(current)
  for (const key of Object.keys(current.current.values)) if (!(key in kept.current.values)) changes.push(`${key} is in use and no unused disk any more`)
  current = kept
  for (const volume of [...volumes.keys()].sort()) {
    if (refersTo(current, volume) || isCloudInitDrive({file: volume})) continue
    const added = addUnused(current, volume)
    const key = Object.keys(added.current.values).find((name) => !(name in current.current.values))
    changes.push(key === undefined ? `no place is left for the volume ${volume}, which nothing uses` : `the volume ${volume}, which nothing uses, is ${key} now`)
    current = added
  }
  return {config: current, changes}
}

/** A size edited by hand into nonsense is corrected like a wrong one. */
function sizeOf(size: string | undefined): number | undefined {
  try {
    return size === undefined ? undefined : parseSize(size)
  } catch {
    return undefined
  }
}
