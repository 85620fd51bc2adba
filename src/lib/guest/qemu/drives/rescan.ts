// How virtual machines write their disks and sizes down, for `qm disk rescan` (guest/rescan.ts). Pure.
import type {GuestConfig} from '../../guest-config.ts'
import {rescanned} from '../../rescan.ts'
import type {OwnedVolumes, Rescanned, RescanType} from '../../rescan.ts'
import {isCloudInitDrive, isDriveKey} from '../config/drives.ts'
import {addUnused, dropUsedUnused, refersTo} from '../pending.ts'
import {formatDriveText, isCdromText, parseDriveText} from './drive-text.ts'

export const qemuRescan: RescanType = {
  noun: 'disk', addUnused, dropUsedUnused, refersTo,
  sizedVolume: (key, text) => {
    // swtpm makes the file as small as what it has to keep.
    if (!isDriveKey(key) || key === 'tpmstate0') return undefined
    const drive = parseDriveText(text)
    return isCdromText(drive) ? undefined : {volume: drive.file, size: drive.options['size']}
  },
  withSize: (_key, text, size) => {
    const drive = parseDriveText(text)
    return formatDriveText({...drive, options: {...drive.options, size}})
  },
  isKept: (volume) => !isCloudInitDrive({file: volume}),
}

export function rescanConfig(config: GuestConfig, volumes: OwnedVolumes): Rescanned {
  return rescanned(qemuRescan, config, volumes)
}
