// Clears up after a container that has ended: what it left on the host, changes that waited for this, a reboot that was asked for.
import {NotFoundError} from '../../../base/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import type {Context, Plan} from '../../../tasks/index.ts'
import {guestLockName} from '../../guest-files.ts'
import type {GuestFile} from '../../guest-files.ts'
import {readContainer} from '../kind.ts'
import {locksOfPendingChanges, pendingChangesAtEnd} from '../plan-change.ts'
import {afterEndSteps} from '../runtime/end-steps.ts'
import {containerPaths, endedRunFiles} from '../runtime/paths.ts'
import {monitorOf} from '../runtime/status.ts'
import {spec} from './cleanup.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid}, context) => {
    // One that was destroyed may still have left files on the host.
    const guest = await readIfThere(vmid, context)
    return [guestLockName(vmid), ...(guest === undefined ? [] : locksOfPendingChanges(guest.config))]
  },
  lockTimeoutMs: 120_000,
  plan: async ({vmid}, context): Promise<Plan> => {
    const nothing: Plan = {steps: [], whenInterrupted: 'finish'}
    if (await monitorOf(vmid, context) !== undefined) {
      context.log.info(`container ${vmid} is running; there is nothing to clear up`)
      return nothing
    }
    const guest = await readIfThere(vmid, context)
    if (guest === undefined) return {...nothing, steps: [{do: {kind: 'lxc.clear-up', vmid, files: endedRunFiles(context.places, vmid)}}]}
    const isReboot = await context.host.files.stat(containerPaths(context.places, vmid).reboot) !== undefined
    const pending = await pendingChangesAtEnd(guest, context)
    return {
      ...nothing,
      steps: [
        ...await afterEndSteps(guest, context), ...pending.steps, ...(pending.afterwards ?? []).map((action) => ({do: action})),
        ...(isReboot ? [{do: {kind: 'lxc.restart', vmid}}] : []),
      ],
    }
  },
})

async function readIfThere(vmid: number, context: Context): Promise<GuestFile | undefined> {
  try {
    return await readContainer(vmid, context)
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}
