// Lets a paused virtual machine go on, also one that was suspended to disk. A backup does not keep it from that, as in Proxmox VE.
import {ForbiddenError} from '../../../base/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {assertUnlocked, guestLockName, hasLock, readGuest, readGuestIfThere} from '../guest-files.ts'
import {assertRunning} from '../runtime/assert-running.ts'
import {isSuspendedToDisk, locksOfWaking, planWake} from '../runtime/state/plan-wake.ts'
import {runtimeStatus} from '../runtime/status.ts'
import {spec} from './resume.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid}, context) => {
    const guest = await readGuestIfThere(vmid, context)
    return [guestLockName(vmid), ...(guest !== undefined && isSuspendedToDisk(guest) ? locksOfWaking(guest.config, context.node) : [])]
  },
  lockTimeoutMs: 60_000,
  plan: async ({vmid, nocheck, skiplock}, context) => {
    if (nocheck === true && !context.caller.isRoot) throw new ForbiddenError("only root may use 'nocheck'")
    if (nocheck !== true) {
      const guest = await readGuest(vmid, context)
      if (isSuspendedToDisk(guest) && await runtimeStatus(vmid, context) === undefined) return planWake(guest, {}, context)
      if (skiplock === true || !hasLock(guest, 'backup')) assertUnlocked(guest, skiplock, context.caller)
    }
    await assertRunning(vmid, context)
    return {steps: [{do: {kind: 'qemu.resume', vmid}}], whenInterrupted: 'undo'}
  },
})
