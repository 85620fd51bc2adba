// Starts a container as a task of its own, once the plan that made it is done: the task waits for the lock that this one holds.
import {errorChain} from '../../../base/index.ts'
import type {Action} from '../../../tasks/index.ts'
import {defineAction} from '../../../tasks/index.ts'

export interface StartContainerTask extends Action {
  readonly kind: 'lxc.start-task'
  readonly vmid: number
}

export const startTask = defineAction<StartContainerTask>({
  kind: 'lxc.start-task',
  describe: ({vmid}) => [`pct start ${vmid}`],
  run: async ({vmid}, context) => {
    try {
      context.log.info(`starting container ${vmid}: ${await context.startTask('pct start', {vmid})}`)
    } catch (error) {
      // What was asked for first is done.
      context.log.warn(`container ${vmid} is not started: ${errorChain(error).join(': ')}`)
    }
  },
})
