// Takes the wish for a reboot back when the virtual machine did not shut down.
import {defineForgetReboot} from '../../../restart.ts'
import {guestPaths} from '../sockets.ts'
import {runtimeStatus} from '../status.ts'

export const forgetReboot = defineForgetReboot({
  kind: 'qemu.forget-reboot', wishPath: (places, vmid) => guestPaths(places, vmid).reboot, isRunning: async (vmid, context) => await runtimeStatus(vmid, context) !== undefined,
})
