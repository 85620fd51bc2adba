// The kinds of action that back up virtual machines, each loaded when a plan has one.
import type {ActionKind} from '../../../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'qemu.make-fleecing-images': async () => (await import('./fleecing-images.ts')).makeFleecingImages,
  'qemu.remove-fleecing-images': async () => (await import('./fleecing-images.ts')).removeFleecingImages,
  'qemu.insert-backup-filters': async () => (await import('./backup-filters.ts')).insertBackupFilters,
  'qemu.remove-backup-filters': async () => (await import('./backup-filters.ts')).removeBackupFilters,
  'qemu.begin-bitmaps': async () => (await import('./dirty-bitmaps.ts')).beginBitmapsAction,
  'qemu.remove-bitmaps': async () => (await import('./dirty-bitmaps.ts')).removeBitmapsAction,
  'qemu.save-backup': async () => (await import('./save-backup.ts')).saveBackup,
  'qemu.write-backup': async () => (await import('./write-backup.ts')).writeBackup,
  'qemu.start-again': async () => (await import('./start-again.ts')).startAgain,
}
