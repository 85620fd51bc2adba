// The kinds of action of this domain, each loaded when a plan has one.
import type {ActionKind} from '../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'volume.create': async () => (await import('./volume-create.ts')).volumeCreate,
  'volume.copy': async () => (await import('./volume-copy.ts')).volumeCopy,
  'volume.remove': async () => (await import('./volume-remove.ts')).volumeRemove,
  'volume.clone': async () => (await import('./volume-clone.ts')).volumeClone,
  'volume.make-base': async () => (await import('./volume-base.ts')).volumeMakeBase,
  'volume.unmake-base': async () => (await import('./volume-base.ts')).volumeUnmakeBase,
  'volume.rename': async () => (await import('./volume-rename.ts')).volumeRename,
  'volume.resize': async () => (await import('./volume-resize.ts')).volumeResize,
  'volume.snapshot': async () => (await import('./volume-snapshot.ts')).volumeSnapshot,
  'volume.rollback': async () => (await import('./volume-snapshot.ts')).volumeRollback,
  'volume.drop-snapshot': async () => (await import('./volume-snapshot.ts')).volumeDropSnapshot,
  'repository.forget-backup': async () => (await import('../repository/forget-action.ts')).forgetBackup,
  'volume.fill-from-repository': async () => (await import('../repository/fill-from-machine.ts')).fillFromRepository,
  'repository.annotate': async () => (await import('../repository/annotate-action.ts')).annotateBackup,
  'volume.fill-from-backup': async () => (await import('../archive/fill-action.ts')).fillFromBackup,
  'volume.receive': async () => (await import('./volume-receive.ts')).volumeReceive,
  'content.place': async () => (await import('./content-place.ts')).contentPlace,
  'content.discard': async () => (await import('./content-place.ts')).contentDiscard,
  'backups.prune': async () => (await import('./backups-prune.ts')).backupsPrune,
  'storage.make-group': async () => (await import('./make-group.ts')).makeGroup,
  'storage.unmount': async () => (await import('./storage-unmount.ts')).storageUnmount,
  'storage.activate': async () => (await import('./storage-activate.ts')).storageActivate,
}
