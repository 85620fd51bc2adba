// The kinds of action of virtual machines, each loaded when a plan has one.
import type {ActionKind} from '../../../tasks/index.ts'
import {actionLoaders as agentActions} from '../agent/actions/index.ts'
import {actionLoaders as backupActions} from '../backup/actions/index.ts'
import {actionLoaders as blockJobActions} from '../block-jobs/actions/index.ts'
import {actionLoaders as cloudInitActions} from '../cloud-init/actions/index.ts'
import {actionLoaders as efiVarsActions} from '../efi-vars/actions/index.ts'
import {actionLoaders as runtimeActions} from '../runtime/actions/index.ts'
import {actionLoaders as snapshotActions} from '../snapshots/actions/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  ...backupActions,
  ...blockJobActions,
  ...cloudInitActions,
  ...efiVarsActions,
  ...runtimeActions,
  ...agentActions,
  ...snapshotActions,
  'guest.check-digest': async () => (await import('./check-digest.ts')).checkDigestAction,
  'guest.fill-efi-vars': async () => (await import('./fill-efi-vars.ts')).fillEfiVarsAction,
  'guest.format-tpm-state': async () => (await import('./format-tpm-state.ts')).formatTpmStateAction,
  'guest.free-volume': async () => (await import('./free-volume.ts')).freeVolumeAction,
  'guest.hotplug': async () => (await import('../hotplug/actions/hotplug.ts')).hotplugAction,
  'guest.start-task': async () => (await import('./start-task.ts')).startTaskAction,
}
