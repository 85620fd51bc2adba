// The kinds of action of block jobs, each loaded when a plan has one.
import type {ActionKind} from '../../../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'qemu.mirror-drives': async () => (await import('./mirror-drives.ts')).mirrorDrives,
  'qemu.cancel-mirrors': async () => (await import('./cancel-mirrors.ts')).cancelMirrors,
  'qemu.end-mirrors': async () => (await import('./end-mirrors.ts')).endMirrors,
  'qemu.finish-import': async () => (await import('./finish-import.ts')).finishImport,
  'qemu.serve-backup': async () => (await import('./serve-backup.ts')).serveBackup,
  'qemu.end-serving': async () => (await import('./serve-backup.ts')).endServingBackup,
  'qemu.resize-drive': async () => (await import('./resize-drive.ts')).resizeDrive,
  'qemu.settle-disk-move': async () => (await import('./settle-disk-move.ts')).settleDiskMove,
}
