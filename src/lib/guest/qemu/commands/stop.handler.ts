// Stops a virtual machine at once and clears up after it.
import {ForbiddenError} from '../../../base/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {assertUnlocked, guestLockName, readGuest} from '../guest-files.ts'
import {locksOfPendingChanges, pendingChangesAtEnd} from '../plan-config-change.ts'
import {afterEndSteps} from '../runtime/after-end-steps.ts'
import {endGuestTasks} from '../runtime/guest-tasks.ts'
import {hookActions} from '../runtime/hook-steps.ts'
import {guestPaths} from '../runtime/sockets.ts'
import {runtimeStatus, uncleanedRun} from '../runtime/status.ts'
import {limitMs, quitTimeoutSeconds} from '../runtime/timeouts.ts'
import {spec} from './stop.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid}, context) => [guestLockName(vmid), ...locksOfPendingChanges((await readGuest(vmid, context)).config)],
  beforeLocks: async ({vmid, 'overrule-shutdown': overruleShutdown}, context) => {
    if (overruleShutdown === true) await endGuestTasks('qmshutdown', vmid, context)
  },
  plan: async ({vmid, skiplock, keepActive, timeout}, context) => {
    const guest = await readGuest(vmid, context)
    assertUnlocked(guest, skiplock, context.caller)
    if (keepActive === true && !context.caller.isRoot) throw new ForbiddenError("only root may use 'keepActive'")
    const isRunning = await runtimeStatus(vmid, context) !== undefined
    const pending = await pendingChangesAtEnd(guest, context)
    return {
      steps: [
        ...(isRunning ? hookActions(vmid, guest.config.current.values, 'pre-stop').map((action) => ({do: action})) : []),
        ...(isRunning ? [{do: {kind: 'qemu.stop', vmid, timeoutMs: limitMs(timeout ?? quitTimeoutSeconds)}}] : []),
        // It is to stay off, whatever a reboot that was under way wanted.
        {do: {kind: 'file.remove', path: guestPaths(context.places, vmid).reboot}},
        ...afterEndSteps(guest, {keepActive: keepActive === true, run: await uncleanedRun(vmid, context)}),
        ...pending.steps,
      ],
      ...(pending.afterwards === undefined ? {} : {afterwards: pending.afterwards}),
      whenInterrupted: 'finish',
    }
  },
})
