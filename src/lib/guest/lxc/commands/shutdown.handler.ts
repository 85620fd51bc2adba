// Asks a container to shut down, waits until it has, and clears up after it.
import {handleChange} from '../../../tasks/index.ts'
import {guestLockName} from '../../guest-files.ts'
import {limitMs, shutdownTimeoutSeconds} from '../../qemu/runtime/timeouts.ts'
import {assertUnlocked, readContainer} from '../kind.ts'
import {locksOfPendingChanges, pendingChangesAtEnd} from '../plan-change.ts'
import {endOfRun} from '../runtime/end-steps.ts'
import {spec} from './shutdown.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid}, context) => [guestLockName(vmid), ...locksOfPendingChanges((await readContainer(vmid, context)).config)],
  plan: async ({vmid, forceStop, timeout}, context) => {
    const guest = await readContainer(vmid, context)
    assertUnlocked(guest, false, context.caller)
    const pending = await pendingChangesAtEnd(guest, context)
    const timeoutMs = limitMs(timeout ?? shutdownTimeoutSeconds(guest.config.current.values))
    return {
      steps: [...await endOfRun(guest, context, {timeoutMs, forceStop: forceStop === true}), ...pending.steps],
      ...(pending.afterwards === undefined ? {} : {afterwards: pending.afterwards}),
      // Waiting can be cancelled, and until the container has ended nothing is done that would need an undo.
      whenInterrupted: 'undo',
    }
  },
})
