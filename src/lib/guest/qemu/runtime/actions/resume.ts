// Lets the processors of a guest go on, whatever had halted them: `qm suspend`, the guest's own sleep, a start with `freeze`, a disk that
// was full. One that is not halted goes on as it is.
import {ConflictError} from '../../../../base/index.ts'
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {withQmp} from '../../qmp/index.ts'
import {guestPaths} from '../sockets.ts'

export interface ResumeGuest extends Action {
  readonly kind: 'qemu.resume'
  readonly vmid: number
}

export const resume = defineAction<ResumeGuest>({
  kind: 'qemu.resume',
  describe: () => ['# QMP: system_wakeup, when the guest sleeps', '# QMP: cont'],
  run: async ({vmid}, {host, places, signal}) => {
    await withQmp(host, guestPaths(places, vmid).qmp, {signal}, async (client) => {
      const status = statusWord(await client.execute('query-status'))
      if (status === 'shutdown') {
        throw new ConflictError(`virtual machine ${vmid} has switched itself off and is just being stopped`, {nextSteps: [`Start it: qm start ${vmid}`], data: {vmid}})
      }
      // A guest that sleeps (S3) must be woken: `cont` alone leaves it asleep.
      if (status === 'suspended') await client.execute('system_wakeup')
      await client.execute('cont')
    })
  },
})

function statusWord(answer: unknown): unknown {
  return typeof answer === 'object' && answer !== null && 'status' in answer ? answer.status : undefined
}
