// Stops a container at once and clears up after it.
import {handleChange} from '../../../tasks/index.ts'
import {guestLockName} from '../../guest-files.ts'
import {endGuestTasks} from '../../qemu/runtime/guest-tasks.ts'
import {assertUnlocked, readContainer} from '../kind.ts'
import {locksOfPendingChanges, pendingChangesAtEnd} from '../plan-change.ts'
import {endOfRun} from '../runtime/end-steps.ts'
import {spec} from './stop.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid}, context) => [guestLockName(vmid), ...locksOfPendingChanges((await readContainer(vmid, context)).config)],
  beforeLocks: async ({vmid, 'overrule-shutdown': overruleShutdown}, context) => {
    if (overruleShutdown === true) await endGuestTasks('vzshutdown', vmid, context)
  },
  plan: async ({vmid, skiplock}, context) => {
    const guest = await readContainer(vmid, context)
    assertUnlocked(guest, skiplock, context.caller)
    const pending = await pendingChangesAtEnd(guest, context)
    return {
      steps: [...await endOfRun(guest, context), ...pending.steps],
      ...(pending.afterwards === undefined ? {} : {afterwards: pending.afterwards}),
      whenInterrupted: 'finish',
    }
  },
})
