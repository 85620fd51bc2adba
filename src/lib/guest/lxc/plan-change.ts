// What waits in a container's configuration put into force, and volumes that were given up removed.
import {AppError, NotFoundError} from '../../base/index.ts'
import {formatVolumeId, openVolume, parseVolumeId, storageLock} from '../../storage/index.ts'
import {storeCommitStep} from '../../tasks/index.ts'
import type {Action, Context, Plan, Step} from '../../tasks/index.ts'
import type {GuestConfig} from '../guest-config.ts'
import type {GuestFile} from '../guest-files.ts'
import {ownedBy} from '../volume-owner.ts'
import {applyPending, formatLxcConfig, referencedVolumes} from './config/index.ts'
import {containerConfigPath} from './kind.ts'

/** The plan that turns a configuration into another. New volumes are made before, freed ones removed after it is written. */
export async function planConfigChange(guest: GuestFile, wanted: {readonly config: GuestConfig; readonly freedVolumes: readonly string[]}, newVolumeSteps: readonly Step[], context: Context): Promise<Plan> {
  const text = formatLxcConfig(wanted.config)
  const path = containerConfigPath(context.node, guest.vmid)
  const removals = (await Promise.all([...new Set(wanted.freedVolumes)].map((volume) => removalOf(guest.vmid, volume, context)))).flat()
  return {
    steps: [...newVolumeSteps, ...(text === guest.file.data ? [] : [storeCommitStep([{path, was: guest.file, text}])])],
    ...(removals.length === 0 ? {} : {afterwards: removals}),
    whenInterrupted: 'undo',
  }
}

/** What puts everything that waits into force, for a container that does not run. */
export async function planPendingChanges(guest: GuestFile, context: Context): Promise<{plan: Plan; config: GuestConfig}> {
  const applied = applyPending(guest.config, ownedBy(guest.vmid))
  return {plan: await planConfigChange(guest, applied, [], context), config: applied.config}
}

/** The same for one that has ended or is about to; what cannot be put into force goes on waiting, since nothing may keep it from being stopped. */
export async function pendingChangesAtEnd(guest: GuestFile, context: Context): Promise<Pick<Plan, 'steps' | 'afterwards'>> {
  if (guest.config.current.values['lock'] !== undefined) return {steps: []}
  try {
    return (await planPendingChanges(guest, context)).plan
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'cancelled') throw error
    context.log.warn(`changes of container ${guest.vmid} go on waiting: ${error.message}`)
    return {steps: []}
  }
}

/** The locks under which what waits is put into force: those of the storages on which it removes volumes. */
export function locksOfPendingChanges(config: GuestConfig): string[] {
  const removesVolumes = Object.values(config.pendingDelete).some(({force}) => force)
  return removesVolumes ? [...new Set(referencedVolumes(config).map((volume) => storageLock(parseVolumeId(volume).storage)))] : []
}

async function removalOf(vmid: number, volume: string, context: Context): Promise<Action[]> {
  try {
    const {storage, id} = await openVolume(volume, context)
    return [{kind: 'lxc.free-volume', vmid, volume: formatVolumeId(id), commands: storage.commands({remove: id})}]
  } catch (error) {
    // A storage that is configured no more is out of our reach for good; one that is merely off is an error.
    if (!(error instanceof NotFoundError)) throw error
    context.log.warn(`${volume} is left behind: ${error.message}`)
    return []
  }
}
