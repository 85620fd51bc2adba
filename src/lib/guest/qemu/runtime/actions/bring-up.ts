// A whole start as one action, for plans that can only be finished: the steps of a start are done, or all of them are taken back. One that is
// repeated leaves a guest alone that is up, and clears away what is half-way up.
import type {Action, Context, Step} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {readRunRecord} from '../record.ts'
import {runtimeStatus} from '../status.ts'

export interface BringUp extends Action {
  readonly kind: 'qemu.bring-up'
  readonly vmid: number
  readonly steps: readonly Step[]
  /** What each of the steps is, as a dry run shows it. */
  readonly shown: readonly string[]
}

export const bringUp = defineAction<BringUp>({
  kind: 'qemu.bring-up',
  describe: ({shown}) => shown,
  run: async ({vmid, steps}, context) => {
    if (await isUp(vmid, context)) return
    // Of somebody who died in the middle.
    await takeBack(steps, context)
    for (const [index, step] of steps.entries()) {
      try {
        await run(step.do, context)
      } catch (error) {
        await takeBack(steps.slice(0, index + 1), context)
        throw error
      }
    }
  },
})

/** The note of the run is the last thing that a start writes. */
async function isUp(vmid: number, context: Context): Promise<boolean> {
  const process = await runtimeStatus(vmid, context)
  if (process === undefined) return false
  return (await readRunRecord(vmid, context))?.process.startTime === process.startTime
}

async function takeBack(steps: readonly Step[], context: Context): Promise<void> {
  for (const {undo} of steps.toReversed()) if (undo !== undefined) await run(undo, context)
}

async function run(action: Action, context: Context): Promise<void> {
  await (await context.actionKind(action.kind)).run(action, context)
}
