// Starts a guest again whose `qm reboot` waited for this: a task of its own, which waits for the lock that is held here.
import {errorChain} from '../../../../base/index.ts'
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {guestPaths} from '../sockets.ts'

export interface RestartGuest extends Action {
  readonly kind: 'qemu.restart'
  readonly vmid: number
}

export const restart = defineAction<RestartGuest>({
  kind: 'qemu.restart',
  describe: ({vmid}) => [`qm start ${vmid}`],
  run: async ({vmid}, context) => {
    const {reboot} = guestPaths(context.places, vmid)
    try {
      context.log.info(`virtual machine ${vmid} is started again: ${await context.startTask('qm start', {vmid})}`)
    } catch (error) {
      context.log.warn(`virtual machine ${vmid} could not be started again: ${errorChain(error).join(': ')}`)
    }
    // Only now: were it removed first and this process killed, the guest would stay off.
    await context.host.files.remove(reboot)
  },
})
