// What saves the state of a running guest into a volume of its own, for a snapshot and for a suspension to disk. It stands still afterwards.
import {ConflictError} from '../../../../base/index.ts'
import type {Context, Step} from '../../../../tasks/index.ts'
import type {KeptState} from '../../snapshots/sections.ts'
import {guestPaths} from '../sockets.ts'
import {assertStateCanBeKept, planStateVolume, stateStorage} from './kept-state.ts'
import {runningMachine} from './running-machine.ts'

export interface Saving {
  readonly state: KeptState
  readonly volumeStep: Step
  readonly saveStep: Step
}

/**
 * @param name what the volume is named after
 * @param runState QEMU's word for the state of the guest
 * @param storage where it was asked to lie
 * @throws AppError when it cannot be saved
 */
export async function planSaving(vmid: number, name: string, values: Readonly<Record<string, string>>, runState: string, context: Context, storage?: string): Promise<Saving> {
  assertStateCanBeKept(values, vmid)
  if (runState !== 'running' && runState !== 'paused') {
    throw new ConflictError(`virtual machine ${vmid} can only be saved while it runs or is paused, and QEMU calls it ${runState}`, {nextSteps: [`See its state: qm status ${vmid} --verbose`], data: {vmid, runState}})
  }
  const {volume, path, step} = await planStateVolume(vmid, name, await stateStorage(storage, values, context), values, context)
  const wasPaused = runState === 'running' ? {} : {wasPaused: true}
  return {
    state: {volume, ...await runningMachine(vmid, context)}, volumeStep: step,
    saveStep: {do: {kind: 'qemu.save-state', vmid, volume, path, socketPath: guestPaths(context.places, vmid).state}, undo: {kind: 'qemu.let-go', vmid, ...wasPaused}},
  }
}
