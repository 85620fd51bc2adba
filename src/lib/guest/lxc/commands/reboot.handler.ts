// Shuts a container down with the wish noted that it be started again, clears up after it, and starts it. Whoever clears up does that, whatever happens in
// between.
import {handleChange} from '../../../tasks/index.ts'
import {guestLockName} from '../../guest-files.ts'
import {limitMs, shutdownTimeoutSeconds} from '../../qemu/runtime/timeouts.ts'
import {assertUnlocked, readContainer} from '../kind.ts'
import {afterEndSteps, endingSteps} from '../runtime/end-steps.ts'
import {assertRunning} from '../runtime/freezing.ts'
import {containerPaths} from '../runtime/paths.ts'
import {spec} from './reboot.spec.ts'

export const handler = handleChange(spec, {
  locks: ({vmid}) => [guestLockName(vmid)],
  plan: async ({vmid, timeout}, context) => {
    const guest = await readContainer(vmid, context)
    assertUnlocked(guest, undefined, context.caller)
    await assertRunning(vmid, context)
    const timeoutMs = limitMs(timeout ?? shutdownTimeoutSeconds(guest.config.current.values))
    return {
      steps: [
        {do: {kind: 'file.write', path: containerPaths(context.places, vmid).reboot, text: ''}, undo: {kind: 'lxc.forget-reboot', vmid}},
        ...endingSteps(guest, context, {timeoutMs, forceStop: false}),
        // Before the run files go: as long as they are there, somebody else would do it.
        ...(await afterEndSteps(guest, context)).flatMap((step) => step.do.kind === 'lxc.clear-up' ? [{do: {kind: 'lxc.restart', vmid}}, step] : [step]),
      ],
      whenInterrupted: 'undo',
    }
  },
})
