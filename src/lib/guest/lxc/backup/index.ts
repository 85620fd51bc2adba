// How containers are backed up. What plans a backup is loaded when there is one.
import type {BackupType} from '../../backup/backup-type.ts'
import {lxcKind} from '../kind.ts'

export const lxcBackup: BackupType = {
  kind: lxcKind,
  archiveFormat: 'tar',
  volumes: async (values) => (await import('./backed-up-points.ts')).backupVolumes(values),
  locks: () => Promise.resolve([]),
  prepare: async (guest, wish, context) => (await import('./lxc-backup.ts')).prepare(guest, wish, context),
}
