// Asks a guest to shut down, waits until it has, and clears up after it.
import {ForbiddenError} from '../../../base/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {hasAgent} from '../arguments/index.ts'
import {assertUnlocked, guestLockName, readGuest} from '../guest-files.ts'
import {locksOfPendingChanges, pendingChangesAtEnd} from '../plan-config-change.ts'
import {afterEndSteps} from '../runtime/after-end-steps.ts'
import {hookActions} from '../runtime/hook-steps.ts'
import {guestPaths} from '../runtime/sockets.ts'
import {runtimeStatus, uncleanedRun} from '../runtime/status.ts'
import {limitMs, shutdownTimeoutSeconds} from '../runtime/timeouts.ts'
import {spec} from './shutdown.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid}, context) => [guestLockName(vmid), ...locksOfPendingChanges((await readGuest(vmid, context)).config)],
  plan: async ({vmid, skiplock, keepActive, forceStop, timeout}, context) => {
    const guest = await readGuest(vmid, context)
    assertUnlocked(guest, skiplock, context.caller)
    if (keepActive === true && !context.caller.isRoot) throw new ForbiddenError("only root may use 'keepActive'")
    const {values} = guest.config.current
    const isRunning = await runtimeStatus(vmid, context) !== undefined
    const pending = await pendingChangesAtEnd(guest, context)
    return {
      steps: [
        ...(isRunning ? hookActions(vmid, values, 'pre-stop').map((action) => ({do: action})) : []),
        ...(isRunning ? [{do: {
          kind: 'qemu.shut-down', vmid, timeoutMs: limitMs(timeout ?? shutdownTimeoutSeconds(values)), usesAgent: hasAgent(values), forceStop: forceStop === true,
        }}] : []),
        // It is to stay off, whatever a reboot that was under way wanted.
        {do: {kind: 'file.remove', path: guestPaths(context.places, vmid).reboot}},
        ...afterEndSteps(guest, {keepActive: keepActive === true, run: await uncleanedRun(vmid, context)}),
        ...pending.steps,
      ],
      ...(pending.afterwards === undefined ? {} : {afterwards: pending.afterwards}),
      // Waiting for the guest can be cancelled, and until it has ended nothing is done that would need an undo.
      whenInterrupted: 'undo',
    }
  },
})
