// The kinds of action of containers, each loaded when a plan has one.
import type {ActionKind} from '../../../tasks/index.ts'
import {actionLoaders as runtimeActions} from '../runtime/actions/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  ...runtimeActions,
  'lxc.archive': async () => (await import('../backup/actions/archive.ts')).archive,
  'lxc.copy-tree': async () => (await import('../backup/actions/copy-tree.ts')).copyTree,
  'lxc.make-folder': async () => (await import('../backup/actions/folder.ts')).makeFolder,
  'lxc.remove-folder': async () => (await import('../backup/actions/folder.ts')).removeFolder,
  'lxc.start-again': async () => (await import('../backup/actions/start-again.ts')).startAgain,
  'lxc.format-volume': async () => (await import('./format-volume.ts')).formatVolume,
  'lxc.check-file-system': async () => (await import('../mounts/check-action.ts')).checkFileSystem,
  'lxc.fill': async () => (await import('./fill.ts')).fill,
  'lxc.unfill': async () => (await import('./fill.ts')).unfill,
  'lxc.free-volume': async () => (await import('./free-volume.ts')).freeVolume,
  'lxc.copy-files': async () => (await import('./copy-files.ts')).copyFiles,
  'lxc.resize-volume': async () => (await import('./resize-volume.ts')).resizeVolume,
  'lxc.renew': async () => (await import('./renew.ts')).renew,
  'lxc.refuse-state': async () => (await import('./refuse-state.ts')).refuseState,
  'lxc.start-task': async () => (await import('./start-task.ts')).startTask,
  'lxc.roll-back-volume': async () => {
    const [{rollBackVolumeAction}, {lxcKind}] = await Promise.all([import('../../snapshots/actions/roll-back-volume.ts'), import('../kind.ts')])
    return rollBackVolumeAction('lxc.roll-back-volume', lxcKind)
  },
  'lxc.mount-on-host': async () => (await import('../mounts/mount-action.ts')).mountOnHost,
  'lxc.pull': async () => (await import('./pull.ts')).pull,
  'lxc.push': async () => (await import('./push.ts')).push,
  'lxc.trim': async () => (await import('../mounts/trim-action.ts')).trim,
  'lxc.unmount-on-host': async () => (await import('../mounts/mount-action.ts')).unmountOnHost,
  'lxc.unpull': async () => (await import('./pull.ts')).unpull,
  'lxc.unpush': async () => (await import('./push.ts')).unpush,
}
