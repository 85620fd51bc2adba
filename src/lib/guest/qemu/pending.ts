// What waits in the configuration of a virtual machine, and its volumes (guest/pending.ts), bound to the keys of qm.conf.
import {volumeBookkeeping} from '../pending.ts'
import {isDriveKey} from './config/drives.ts'
import {isCdromText, parseDriveText, volumeOf} from './drives/drive-text.ts'

export {addPendingDelete, cleanupPending, readKey, removePendingDelete, withPendingValues, withoutPendingValue, writeKey} from '../pending.ts'
export type {AppliedPending, OwnsVolume} from '../pending.ts'

export const {revertPending, applyPending, registerUnused, addUnused, dropUsedUnused, usesVolume, refersTo, referencedVolumes} = volumeBookkeeping({
  isVolumeKey: isDriveKey,
  volumeOf: (text) => volumeOf(parseDriveText(text)),
  keptVolumeOf: (text) => {
    const drive = parseDriveText(text)
    return isCdromText(drive) ? undefined : volumeOf(drive)
  },
})
