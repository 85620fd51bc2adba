// From a changed configuration to the steps that bring it about: new volumes are made first, volumes that were given up are removed
// next, and the configuration is written last, so that none is ever left without a name in it.
import {openVolume, removeVolumeStep} from '../../storage/index.ts'
import {storeCommitStep} from '../../tasks/index.ts'
import type {Context, Plan, Step} from '../../tasks/index.ts'
import type {GuestConfig} from '../guest-config.ts'
import {formatQemuConfig} from './config/config-file.ts'
import {ownedBy} from './drives/volume-owner.ts'
import {guestConfigPath} from './guest-files.ts'
import type {GuestFile} from './guest-files.ts'
import {applyPending} from './pending.ts'

export interface WantedConfig {
  readonly config: GuestConfig
  /** Volumes that the configuration does not name any more and that are to be removed. */
  readonly freedVolumes: readonly string[]
}

/**
 * The plan that turns a guest's configuration into another. Under the guest's lock; volumes are removed under those of their storages.
 * @param newVolumeSteps what makes the volumes that the new configuration names
 */
export async function planConfigChange(guest: GuestFile, wanted: WantedConfig, newVolumeSteps: readonly Step[], context: Context): Promise<Plan> {
  const text = formatQemuConfig(wanted.config)
  const path = guestConfigPath(context.node, guest.vmid)
  const removals = await Promise.all(wanted.freedVolumes.map(volume => removalStep(volume, context)))
  const commit = text === guest.file.data ? [] : [storeCommitStep([{path, was: guest.file, text}])]
  return {
    steps: [...newVolumeSteps, ...removals, ...commit],
    // A removed volume does not come back: unless there are new volumes to take back, what was begun is finished.
    whenInterrupted: newVolumeSteps.length === 0 && removals.length > 0 ? 'finish' : 'undo',
  }
}

/**
 * What puts everything that waits into force, for a guest that does not run (its start, the cleanup after its end). No steps when
 * nothing waits.
 */
export async function planPendingChanges(guest: GuestFile, context: Context): Promise<{plan: Plan; config: GuestConfig}> {
  const applied = applyPending(guest.config, ownedBy(guest.vmid))
  return {plan: await planConfigChange(guest, applied, [], context), config: applied.config}
}

async function removalStep(volume: string, context: Context): Promise<Step> {
  const {storage, id} = await openVolume(volume, context)
  return removeVolumeStep(storage, id)
}
