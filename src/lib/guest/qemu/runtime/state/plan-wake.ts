// The start of a machine that was suspended to disk: it goes on from its state, which is removed once it runs. What waits for a restart goes on
// waiting. A start that fails leaves the state as it is, for the machine has not executed anything by then.
import {InvalidInputError, UnsupportedError} from '../../../../base/index.ts'
import {openVolume, parseVolumeId, storageLock} from '../../../../storage/index.ts'
import {storeCommitStep} from '../../../../tasks/index.ts'
import type {Action, Context, Plan} from '../../../../tasks/index.ts'
import type {GuestConfig} from '../../../guest-config.ts'
import {formatQemuConfig} from '../../config/config-file.ts'
import {ownedBy} from '../../../volume-owner.ts'
import {guestConfigPath, hasLock} from '../../guest-files.ts'
import type {GuestFile} from '../../guest-files.ts'
import {locksOfHugePages} from '../../huge-pages/index.ts'
import {hookActions} from '../hook-steps.ts'
import {planLaunch} from '../plan-launch.ts'
import {uncleanedRun} from '../status.ts'
import {keptState} from './kept-state.ts'
import {withoutState} from './sections.ts'

export interface WakeOptions {
  readonly timeoutSeconds?: number | undefined
  readonly forcedCpu?: string | undefined
  readonly machine?: string | undefined
}

export function isSuspendedToDisk(guest: Pick<GuestFile, 'config'>): boolean {
  return hasLock(guest, 'suspended') && guest.config.current.values['vmstate'] !== undefined
}

/** The locks under which it is woken, beside that of the guest. */
export function locksOfWaking({current}: GuestConfig, node: string): string[] {
  const {vmstate} = current.values
  return [...(vmstate === undefined ? [] : [storageLock(parseVolumeId(vmstate).storage)]), ...locksOfHugePages({current, pending: {}}, node)]
}

/** @throws AppError for what would keep it from starting */
export async function planWake(guest: GuestFile, {timeoutSeconds, forcedCpu, machine}: WakeOptions, context: Context): Promise<Plan> {
  const {vmid, config, file} = guest
  const state = keptState(config.current.values)
  if (state === undefined) throw new Error(`virtual machine ${vmid} has no state to go on from`)
  const awake = withoutState(config)
  context.log.info(`virtual machine ${vmid} goes on from the state in ${state.volume}`)
  const launch = await planLaunch({vmid, section: awake.current, forcedCpu, timeoutSeconds, state: {...state, machine: machine ?? state.machine}}, context)
  const lastRun = await uncleanedRun(vmid, context)
  return {
    steps: [
      ...(lastRun === undefined ? [] : hookActions(vmid, config.current.values, 'post-stop', lastRun)).map((action) => ({do: action})),
      ...launch.steps,
      storeCommitStep([{path: guestConfigPath(context.node, vmid), was: file, text: formatQemuConfig(awake)}]),
    ],
    afterwards: [{kind: 'qemu.let-go', vmid}, ...await stateRemoval(vmid, state.volume, context), ...launch.afterwards],
    whenInterrupted: 'undo',
  }
}

/**
 * A start from a state that is named, as a snapshot or a suspension has left it; it is kept.
 * @throws UnsupportedError for what is no volume, InvalidInputError for one of another machine
 */
export async function planStartFrom(volume: string, guest: GuestFile, {timeoutSeconds, forcedCpu, machine}: WakeOptions, context: Context): Promise<Plan> {
  const {vmid, config} = guest
  if (!volume.includes(':')) throw new UnsupportedError(`a machine does not start from '${volume}': machines are not migrated yet`, {nextSteps: ['Name the volume of a state: `qm config VMID --snapshot NAME` shows it as vmstate.']})
  if (!ownedBy(vmid)(volume)) throw new InvalidInputError(`${volume} is no state of virtual machine ${vmid}`, {stateuri: `must be a volume of virtual machine ${vmid}`})
  const known = [config.current, ...Object.values(config.snapshots)].map(({values}) => keptState(values)).find((state) => state?.volume === volume)
  const launch = await planLaunch({
    vmid, section: config.current, forcedCpu, timeoutSeconds,
    state: {volume, machine: machine ?? known?.machine ?? config.current.values['machine'] ?? 'pc', cpu: known?.cpu, netMtus: known?.netMtus},
  }, context)
  return {steps: launch.steps, afterwards: [{kind: 'qemu.let-go', vmid}, ...launch.afterwards], whenInterrupted: 'undo'}
}

/** What removes a state that is not needed any more. */
export async function stateRemoval(vmid: number, volume: string, context: Context): Promise<Action[]> {
  if (!ownedBy(vmid)(volume)) {
    context.log.warn(`${volume} is left: by its name it is not the machine's`)
    return []
  }
  const {storage, id} = await openVolume(volume, context)
  return [{kind: 'guest.free-volume', vmid, volume, commands: storage.commands({remove: id})}]
}
