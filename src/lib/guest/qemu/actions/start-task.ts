// Starts a virtual machine as a task of its own, once the plan that made it is done: the task waits for the lock that this one holds. If
// the plan is taken back after all, the task finds no guest and says so.
import {errorChain} from '../../../base/index.ts'
import type {Action} from '../../../tasks/index.ts'
import {defineAction} from '../../../tasks/index.ts'

export interface StartGuestTask extends Action {
  readonly kind: 'guest.start-task'
  readonly vmid: number
}

export const startTaskAction = defineAction<StartGuestTask>({
  kind: 'guest.start-task',
  describe: ({vmid}) => [`qm start ${vmid}`],
  run: async ({vmid}, context) => {
    try {
      context.log.info(`starting virtual machine ${vmid}: ${await context.startTask('qm start', {vmid})}`)
    } catch (error) {
      // The guest exists, which is what was asked for first: that it cannot be started is no reason to take it away again.
      context.log.warn(`virtual machine ${vmid} was created but not started: ${errorChain(error).join(': ')}`)
    }
  },
})
