// From a changed configuration to the steps that bring it about: new volumes are made first, then the configuration is written, and
// volumes that were given up are removed last, when nothing can bring back a configuration that names them.
import {AppError, NotFoundError} from '../../base/index.ts'
import {formatVolumeId, openVolume, parseVolumeId, storageLock} from '../../storage/index.ts'
import {storeCommitStep} from '../../tasks/index.ts'
import type {Action, Context, Plan, Step} from '../../tasks/index.ts'
import type {GuestConfig} from '../guest-config.ts'
import type {FreeVolume} from './actions/free-volume.ts'
import {withRecordedChanges, withoutRecordedChanges} from './cloud-init/index.ts'
import {formatQemuConfig} from './config/config-file.ts'
import {isCloudInitDrive, isDriveKey} from './config/drives.ts'
import {ownedBy} from '../volume-owner.ts'
import {guestConfigPath} from './guest-files.ts'
import type {GuestFile} from './guest-files.ts'
import {applyPending, referencedVolumes, refersTo} from './pending.ts'

export interface WantedConfig {
  readonly config: GuestConfig
  /** Volumes that the configuration does not name any more and that are to be removed. */
  readonly freedVolumes: readonly string[]
  /** What is done with the machine, which runs, once the configuration is written (hotplug/). Each may be repeated. */
  readonly whileRunning?: readonly Action[]
  /** The drive for cloud-init is written with these values at the same time. */
  readonly isCloudInitWritten?: boolean
}

/**
 * The plan that turns a guest's configuration into another. Under the guest's lock; volumes are removed under those of their storages.
 * @param newVolumeSteps what makes the volumes that the new configuration names
 */
export async function planConfigChange(guest: GuestFile, wanted: WantedConfig, newVolumeSteps: readonly Step[], context: Context): Promise<Plan> {
  const text = formatQemuConfig(wanted.isCloudInitWritten === true ? withoutRecordedChanges(wanted.config) : withRecordedChanges(guest.config, wanted.config))
  const path = guestConfigPath(context.node, guest.vmid)
  const removals = (await Promise.all([...new Set([...wanted.freedVolumes, ...droppedCloudInitVolumes(guest, wanted.config)])].map(volume => removalOf(guest.vmid, volume, context)))).flat()
  const commit = text === guest.file.data ? [] : [storeCommitStep([{path, was: guest.file, text}])]
  const afterwards = [...wanted.whileRunning ?? [], ...removals]
  // What the running machine takes changes the configuration again, so its writing cannot be repeated after that.
  const mayBeRepeated = newVolumeSteps.length === 0 && wanted.whileRunning === undefined
  return {
    steps: [...newVolumeSteps, ...commit],
    ...(afterwards.length === 0 ? {} : {afterwards}),
    // Unless there are new volumes to take back, what was begun is finished.
    whenInterrupted: mayBeRepeated && removals.length > 0 ? 'finish' : 'undo',
  }
}

/** A drive for cloud-init holds nothing that is not in the configuration, so its volume goes with it and is never an unused disk. */
function droppedCloudInitVolumes({vmid, config}: GuestFile, wanted: GuestConfig): string[] {
  return cloudInitVolumes(config).filter(volume => ownedBy(vmid)(volume) && !refersTo(wanted, volume))
}

/** Those that any section of the configuration names. */
function cloudInitVolumes(config: GuestConfig): string[] {
  return referencedVolumes(config).filter(volume => isCloudInitDrive({file: volume}))
}

/** The locks for a change of drives that may give up a drive for cloud-init. */
export function locksOfCloudInitDrives(config: GuestConfig): readonly string[] {
  return [...new Set(cloudInitVolumes(config).map(volume => storageLock(parseVolumeId(volume).storage)))]
}

/** The locks under which what waits is put into force: those of the storages on which it removes volumes. */
export function locksOfPendingChanges(config: GuestConfig): readonly string[] {
  const removesVolumes = Object.values(config.pendingDelete).some(({force}) => force)
  const storages = removesVolumes ? referencedVolumes(config).map(volume => parseVolumeId(volume).storage) : []
  const changesDrives = [...Object.keys(config.pending), ...Object.keys(config.pendingDelete)].some(isDriveKey)
  return [...new Set([...storages.map(storageLock), ...(changesDrives ? locksOfCloudInitDrives(config) : [])])]
}

/**
 * What puts everything that waits into force, for a guest that does not run (its start, the cleanup after its end). No steps when
 * nothing waits.
 * @param isCloudInitWritten the same plan brings the drive for cloud-init up to date
 */
export async function planPendingChanges(guest: GuestFile, context: Context, isCloudInitWritten = false): Promise<{plan: Plan; config: GuestConfig}> {
  const applied = applyPending(guest.config, ownedBy(guest.vmid))
  return {plan: await planConfigChange(guest, {...applied, isCloudInitWritten}, [], context), config: applied.config}
}

/**
 * The same for a guest that has ended or is about to. One that is being worked on keeps its configuration, and that work looks after it.
 * Nothing may keep a guest from being stopped: what cannot be put into force now waits for its start, which says why.
 */
export async function pendingChangesAtEnd(guest: GuestFile, context: Context): Promise<Pick<Plan, 'steps' | 'afterwards'>> {
  const nothing = {steps: []}
  if (guest.config.current.values['lock'] !== undefined) return nothing
  try {
    return (await planPendingChanges(guest, context)).plan
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'cancelled') throw error
    context.log.warn(`changes of virtual machine ${guest.vmid} go on waiting: ${error.message}`)
    return nothing
  }
}

async function removalOf(vmid: number, volume: string, context: Context): Promise<Action[]> {
  try {
    const {storage, id} = await openVolume(volume, context)
    const removal: FreeVolume = {kind: 'guest.free-volume', vmid, volume: formatVolumeId(id), commands: storage.commands({remove: id})}
    return [removal]
  } catch (error) {
    // A storage that is configured no more is out of our reach for good; one that is merely off is an error.
    if (!(error instanceof NotFoundError)) throw error
    context.log.warn(`${volume} is left behind: ${error.message}`)
    return []
  }
}
