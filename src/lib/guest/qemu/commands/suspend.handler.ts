// Pauses a virtual machine. A backup does not keep it from that, as in Proxmox VE.
import {handleChange} from '../../../tasks/index.ts'
import {assertUnlocked, guestLockName, hasLock, readGuest} from '../guest-files.ts'
import {assertRunning} from '../runtime/assert-running.ts'
import {spec} from './suspend.spec.ts'

export const handler = handleChange(spec, {
  locks: ({vmid}) => [guestLockName(vmid)],
  plan: async ({vmid, skiplock}, context) => {
    const guest = await readGuest(vmid, context)
    if (skiplock === true || !hasLock(guest, 'backup')) assertUnlocked(guest, skiplock, context.caller)
    await assertRunning(vmid, context)
    return {steps: [{do: {kind: 'qemu.pause', vmid}}], whenInterrupted: 'undo'}
  },
})
