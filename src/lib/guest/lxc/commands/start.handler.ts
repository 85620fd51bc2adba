// Starts a container: what waits for a restart is put into force, then LXC runs it (runtime/plan-launch.ts).
import {ConflictError} from '../../../base/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {guestLockName, isYes} from '../../guest-files.ts'
import {assertUnlocked, readContainer} from '../kind.ts'
import {locksOfPendingChanges, planPendingChanges} from '../plan-change.ts'
import {afterEndSteps} from '../runtime/end-steps.ts'
import {planLaunch} from '../runtime/plan-launch.ts'
import {monitorOf} from '../runtime/status.ts'
import {spec} from './start.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid}, context) => [guestLockName(vmid), ...locksOfPendingChanges((await readContainer(vmid, context)).config)],
  lockTimeoutMs: 60_000,
  plan: async ({vmid, debug, skiplock}, context) => {
    const guest = await readContainer(vmid, context)
    assertUnlocked(guest, skiplock, context.caller)
    const {values} = guest.config.current
    if (isYes(values['template'])) throw new ConflictError(`container ${vmid} is a template and cannot be started`, {data: {vmid}})
    if (await monitorOf(vmid, context) !== undefined) throw new ConflictError(`container ${vmid} is running already`, {data: {vmid}})
    const pending = await planPendingChanges(guest, context)
    const launch = await planLaunch(vmid, pending.config.current, debug === true || isYes(values['debug']), context)
    return {
      steps: [
        // A run that ended unseen has had no end yet for its hook script.
        ...await afterEndSteps(guest, context), ...pending.plan.steps, ...launch.steps,
      ],
      // A start that fails is taken back with the changes, so nothing that they gave up may be gone before it has worked.
      afterwards: [...pending.plan.afterwards ?? [], ...launch.afterwards],
      whenInterrupted: 'undo',
    }
  },
})
