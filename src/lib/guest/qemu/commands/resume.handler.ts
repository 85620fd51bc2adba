// Lets a paused virtual machine go on. A backup does not keep it from that, as in Proxmox VE.
import {ForbiddenError} from '../../../base/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {assertUnlocked, guestLockName, hasLock, readGuest} from '../guest-files.ts'
import {assertRunning} from '../runtime/assert-running.ts'
import {spec} from './resume.spec.ts'

export const handler = handleChange(spec, {
  locks: ({vmid}) => [guestLockName(vmid)],
  plan: async ({vmid, nocheck, skiplock}, context) => {
    if (nocheck === true && !context.caller.isRoot) throw new ForbiddenError("only root may use 'nocheck'")
    if (nocheck !== true) {
      const guest = await readGuest(vmid, context)
      if (skiplock === true || !hasLock(guest, 'backup')) assertUnlocked(guest, skiplock, context.caller)
    }
    await assertRunning(vmid, context)
    return {steps: [{do: {kind: 'qemu.resume', vmid}}], whenInterrupted: 'undo'}
  },
})
