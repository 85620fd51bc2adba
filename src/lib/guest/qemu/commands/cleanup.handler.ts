// Clears up after a virtual machine that has ended: what it left on the host, changes that waited for this, a reboot that was asked for.
import {handleChange} from '../../../tasks/index.ts'
import type {Plan} from '../../../tasks/index.ts'
import {guestLockName, readGuestIfThere} from '../guest-files.ts'
import {locksOfPendingChanges, pendingChangesAtEnd} from '../plan-config-change.ts'
import {afterEndSteps} from '../runtime/after-end-steps.ts'
import {guestPaths} from '../runtime/sockets.ts'
import {runtimeStatus, uncleanedRun} from '../runtime/status.ts'
import {spec} from './cleanup.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid}, context) => {
    // One that was destroyed may still have left files on the host.
    const guest = await readGuestIfThere(vmid, context)
    return [guestLockName(vmid), ...(guest === undefined ? [] : locksOfPendingChanges(guest.config))]
  },
  lockTimeoutMs: 120_000,
  plan: async ({vmid, 'clean-shutdown': isClean, 'guest-requested': isGuestRequested}, context): Promise<Plan> => {
    const nothing: Plan = {steps: [], whenInterrupted: 'finish'}
    if (await runtimeStatus(vmid, context) !== undefined) {
      context.log.info(`virtual machine ${vmid} is running; there is nothing to clear up`)
      return nothing
    }
    const guest = await readGuestIfThere(vmid, context)
    if (guest === undefined) return {...nothing, steps: [{do: {kind: 'qemu.clear-run-files', vmid}}]}
    context.log.info(howItEnded(vmid, isClean, isGuestRequested))
    const isReboot = await context.host.files.stat(guestPaths(context.places, vmid).reboot) !== undefined
    const pending = await pendingChangesAtEnd(guest, context)
    const removals = (pending.afterwards ?? []).map(action => ({do: action}))
    const restart = isReboot ? [{do: {kind: 'qemu.restart', vmid}}] : []
    return {...nothing, steps: [...afterEndSteps(guest, {keepActive: false, run: await uncleanedRun(vmid, context)}), ...pending.steps, ...removals, ...restart]}
  },
})

function howItEnded(vmid: number, isClean: boolean, isGuestRequested: boolean): string {
  if (!isClean) return `the QEMU of virtual machine ${vmid} ended without a word: it crashed or was killed`
  return isGuestRequested ? `virtual machine ${vmid} has switched itself off` : `virtual machine ${vmid} was ended by somebody on the host`
}
