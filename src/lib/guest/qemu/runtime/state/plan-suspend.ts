// The plan that suspends a machine to disk: its state is saved, then QEMU ends. Until the state is whole and the configuration says so, all of it is
// taken back and the machine goes on; from there it is finished.
import {storeCommitStep} from '../../../../tasks/index.ts'
import type {Context, Plan} from '../../../../tasks/index.ts'
import {formatQemuConfig} from '../../config/config-file.ts'
import {guestConfigPath} from '../../guest-files.ts'
import type {GuestFile} from '../../guest-files.ts'
import {afterEndSteps} from '../after-end-steps.ts'
import {uncleanedRun} from '../status.ts'
import {limitMs, quitTimeoutSeconds} from '../timeouts.ts'
import {planSaving} from './plan-saving.ts'
import {withState} from './sections.ts'

/** @throws AppError when it cannot be saved */
export async function planSuspendToDisk(guest: GuestFile, runState: string, storage: string | undefined, context: Context): Promise<Plan> {
  const {vmid, config, file} = guest
  const date = new Date(context.clock.now()).toISOString().slice(0, 10)
  const {state, volumeStep, saveStep} = await planSaving(vmid, `suspend-${date}`, config.current.values, runState, context, storage)
  const path = guestConfigPath(context.node, vmid)
  const [suspending, suspended] = [withState(config, state, 'suspending'), withState(config, state, 'suspended')].map(formatQemuConfig)
  const run = await uncleanedRun(vmid, context)
  return {
    steps: [
      volumeStep,
      storeCommitStep([{path, was: file, text: suspending}]),
      saveStep,
      storeCommitStep([{path, was: {data: suspending ?? ''}, text: suspended}]),
    ],
    afterwards: [
      {kind: 'qemu.stop', vmid, timeoutMs: limitMs(quitTimeoutSeconds)},
      ...afterEndSteps(guest, {keepActive: false, run}).map((step) => step.do),
    ],
    whenInterrupted: 'undo',
  }
}
