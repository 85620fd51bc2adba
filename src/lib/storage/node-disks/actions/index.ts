// The kinds of action that change the disks of a node, each loaded when a plan has one.
import type {ActionKind} from '../../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'disk.command': async () => (await import('./command.ts')).diskCommand,
  'disk.wipe': async () => (await import('./wipe.ts')).diskWipe,
  'disk.clear': async () => (await import('./clear.ts')).diskClear,
  'disk.remove': async () => (await import('./remove.ts')).diskRemove,
  'disk.undo-group': async () => (await import('./undo-group.ts')).diskUndoGroup,
  'disk.undo-pool': async () => (await import('./undo-pool.ts')).diskUndoPool,
  'disk.make-partition': async () => (await import('./make-partition.ts')).diskMakePartition,
  'disk.make-file-system': async () => (await import('./make-partition.ts')).diskMakeFileSystem,
  'disk.mount-directory': async () => (await import('./mount-directory.ts')).diskMountDirectory,
  'disk.unmount-directory': async () => (await import('./mount-directory.ts')).diskUnmountDirectory,
}
