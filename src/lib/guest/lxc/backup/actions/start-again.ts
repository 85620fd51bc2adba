// Starts a container again that was shut down for a backup, as it was planned while it ran. As a step, and as the undo of the shutdown; right as well when it
// runs, and when an earlier try was killed half-way.
import {errorChain} from '../../../../base/index.ts'
import type {Action, Context} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {monitorOf} from '../../runtime/status.ts'

export interface StartAgain extends Action {
  readonly kind: 'lxc.start-again'
  readonly vmid: number
  /** What starts it (runtime/plan-launch.ts), and what is done once it runs. */
  readonly launch: readonly Action[]
}

export const startAgain = defineAction<StartAgain>({
  kind: 'lxc.start-again',
  describe: ({vmid}) => [`# start container ${vmid} again`],
  run: async ({vmid, launch}, context) => {
    if (await monitorOf(vmid, context) !== undefined) return
    await runAction({kind: 'lxc.undo-start', vmid}, context)
    try {
      for (const action of launch) await runAction(action, context)
    } catch (error) {
      await runAction({kind: 'lxc.undo-start', vmid}, context)
      // The backup is good all the same, and one that failed has to be taken back all the same.
      context.log.warn(`container ${vmid} could not be started again: ${errorChain(error).join(': ')}`)
    }
  },
})

async function runAction(action: Action, context: Context): Promise<void> {
  await (await context.actionKind(action.kind)).run(action, context)
}
