// How virtual machines are backed up.
import {UnsupportedError} from '../../../base/index.ts'
import type {BackupType} from '../../backup/backup-type.ts'
import {qemuKind} from '../guest-files.ts'

export const qemuBackup: BackupType = {
  kind: qemuKind,
  archiveFormat: 'vma',
  locks: () => Promise.resolve([]),
  prepare: () => Promise.reject(new UnsupportedError('virtual machines are not backed up yet')),
}
