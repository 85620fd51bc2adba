// How virtual machines are backed up.
import type {BackupType} from '../../backup/backup-type.ts'
import {qemuKind} from '../guest-files.ts'

export const qemuBackup: BackupType = {
  kind: qemuKind,
  archiveFormat: 'vma',
  volumes: async (values) => (await import('./backed-up-drives.ts')).backupVolumes(values),
  locks: async (...wish) => (await import('./plan-backup.ts')).locksOfBackup(...wish),
  prepare: async (...wish) => (await import('./plan-backup.ts')).planBackup(...wish),
}
