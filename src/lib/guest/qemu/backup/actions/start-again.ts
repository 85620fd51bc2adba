// Starts a machine that was shut down for its backup: a step of that backup, and the undo of the shutdown. Right whatever has become of it meanwhile; a
// start that was left half done is ended and done anew.
import type {Action, Context} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {runStateOf} from '../../runtime/run-state.ts'
import {runtimeStatus} from '../../runtime/status.ts'

export interface StartAgain extends Action {
  readonly kind: 'qemu.start-again'
  readonly vmid: number
  /** The steps of a start that leaves the machine standing still (`-S`). */
  readonly steps: readonly Action[]
  /** Lets it go at the end. */
  readonly letsGo: boolean
}

export const startAgain = defineAction<StartAgain>({
  kind: 'qemu.start-again',
  describe: ({vmid, letsGo}) => [`qm start ${vmid} # ${letsGo ? 'again' : 'standing still'}`],
  run: async ({vmid, steps, letsGo}, context) => {
    if (await runtimeStatus(vmid, context) !== undefined) {
      if (!await isHalfStarted(vmid, context)) return
      await carryOutOne({kind: 'qemu.undo-start', vmid}, context)
    }
    for (const step of steps) await carryOutOne(step, context)
    if (letsGo) await carryOutOne({kind: 'qemu.let-go', vmid}, context)
  },
})

/** Nothing was executed in it yet. */
async function isHalfStarted(vmid: number, context: Context): Promise<boolean> {
  return await runStateOf(vmid, context) === 'prelaunch'
}

async function carryOutOne(action: Action, context: Context): Promise<void> {
  await (await context.actionKind(action.kind)).run(action, context)
}
