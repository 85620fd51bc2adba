// Shuts a guest down with the wish noted that it be started again; whoever clears up after it does that.
import {handleChange} from '../../../tasks/index.ts'
import {hasAgent} from '../arguments/index.ts'
import {assertUnlocked, guestLockName, readGuest} from '../guest-files.ts'
import {assertRunning} from '../runtime/assert-running.ts'
import {hookActions} from '../runtime/hook-steps.ts'
import {guestPaths} from '../runtime/sockets.ts'
import {limitMs, shutdownTimeoutSeconds} from '../runtime/timeouts.ts'
import {spec} from './reboot.spec.ts'

export const handler = handleChange(spec, {
  locks: ({vmid}) => [guestLockName(vmid)],
  plan: async ({vmid, timeout}, context) => {
    const guest = await readGuest(vmid, context)
    assertUnlocked(guest, undefined, context.caller)
    await assertRunning(vmid, context)
    const {values} = guest.config.current
    const {reboot} = guestPaths(context.places, vmid)
    return {
      steps: [
        // The guest's end is seen by qmeventd, so there must be one.
        {do: {kind: 'qemu.watch'}},
        {do: {kind: 'file.write', path: reboot, text: ''}, undo: {kind: 'qemu.forget-reboot', vmid}},
        ...hookActions(vmid, values, 'pre-stop').map((action) => ({do: action})),
        {do: {
          kind: 'qemu.shut-down', vmid, timeoutMs: limitMs(timeout ?? shutdownTimeoutSeconds(values)), usesAgent: hasAgent(values), forceStop: false,
        }},
      ],
      whenInterrupted: 'undo',
    }
  },
})
