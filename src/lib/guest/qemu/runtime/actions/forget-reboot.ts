// Takes the wish for a reboot back when the guest did not shut down. One that has ended in the meantime is started again all the same:
// that is what was asked for, and whoever clears up after it does so.
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {guestPaths} from '../sockets.ts'
import {runtimeStatus} from '../status.ts'

export interface ForgetReboot extends Action {
  readonly kind: 'qemu.forget-reboot'
  readonly vmid: number
}

export const forgetReboot = defineAction<ForgetReboot>({
  kind: 'qemu.forget-reboot',
  describe: ({vmid}) => [`# guest ${vmid} is not to be started again`],
  run: async ({vmid}, context) => {
    if (await runtimeStatus(vmid, context) !== undefined) await context.host.files.remove(guestPaths(context.places, vmid).reboot)
  },
})
