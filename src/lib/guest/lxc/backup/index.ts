// How containers are backed up.
import {UnsupportedError} from '../../../base/index.ts'
import type {BackupType} from '../../backup/backup-type.ts'
import {lxcKind} from '../kind.ts'

export const lxcBackup: BackupType = {
  kind: lxcKind,
  archiveFormat: 'tar',
  locks: () => Promise.resolve([]),
  prepare: () => Promise.reject(new UnsupportedError('containers are not backed up yet')),
}
