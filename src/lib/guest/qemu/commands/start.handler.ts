// Starts a virtual machine: what waits for a restart is put into force, then it is brought up (runtime/plan-launch.ts).
import {ConflictError, ForbiddenError} from '../../../base/index.ts'
import {parseVolumeId, storageLock} from '../../../storage/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {planCloudInitWrite} from '../cloud-init/plan-write.ts'
import {assertUnlocked, guestLockName, isYes, readGuest} from '../guest-files.ts'
import {locksOfHugePages} from '../huge-pages/index.ts'
import {locksOfPendingChanges, planPendingChanges} from '../plan-config-change.ts'
import {hookActions} from '../runtime/hook-steps.ts'
import {planLaunch} from '../runtime/plan-launch.ts'
import {isSuspendedToDisk, locksOfWaking, planStartFrom, planWake, stateRemoval} from '../runtime/state/plan-wake.ts'
import {withoutState} from '../runtime/state/sections.ts'
import {runtimeStatus, uncleanedRun} from '../runtime/status.ts'
import {spec} from './start.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid}, context) => {
    const guest = await readGuest(vmid, context)
    const {config} = guest
    const {vmstate} = config.current.values
    if (isSuspendedToDisk(guest)) return [guestLockName(vmid), ...locksOfWaking(config, context.node)]
    return [...(vmstate === undefined ? [] : [storageLock(parseVolumeId(vmstate).storage)]), guestLockName(vmid), ...locksOfPendingChanges(config), ...locksOfHugePages(config, context.node)]
  },
  lockTimeoutMs: 60_000,
  plan: async ({vmid, skiplock, timeout, machine, 'force-cpu': forcedCpu, stateuri}, context) => {
    const guest = await readGuest(vmid, context)
    if (!isSuspendedToDisk(guest) || skiplock === true) assertUnlocked(guest, skiplock, context.caller)
    if (stateuri !== undefined && !context.caller.isRoot) throw new ForbiddenError("only root may use 'stateuri'")
    if (forcedCpu !== undefined && !context.caller.isRoot) throw new ForbiddenError("only root may use 'force-cpu'")
    if (isYes(guest.config.current.values['template'])) {
      throw new ConflictError(`virtual machine ${vmid} is a template and cannot be started`, {data: {vmid}})
    }
    if (await runtimeStatus(vmid, context) !== undefined) throw new ConflictError(`virtual machine ${vmid} is running already`, {data: {vmid}})

    if (stateuri !== undefined) return planStartFrom(stateuri, guest, {timeoutSeconds: timeout, forcedCpu, machine}, context)
    if (isSuspendedToDisk(guest)) return planWake(guest, {timeoutSeconds: timeout, forcedCpu, machine}, context)

    const {vmstate} = guest.config.current.values
    if (vmstate !== undefined) context.log.warn(`the state in ${vmstate} is removed: virtual machine ${vmid} is not suspended any more, and boots anew`)
    const pending = await planPendingChanges(vmstate === undefined ? guest : {...guest, config: withoutState(guest.config)}, context, true)
    const {current} = pending.config
    const values = machine === undefined ? current.values : {...current.values, machine}
    const launch = await planLaunch({vmid, section: {...current, values}, forcedCpu, timeoutSeconds: timeout}, context)
    const cloudInit = await planCloudInitWrite(vmid, values, {isRunning: false}, context)
    const lastRun = await uncleanedRun(vmid, context)
    return {
      steps: [
        // A run that ended unseen has had no end yet for its hook script.
        ...(lastRun === undefined ? [] : hookActions(vmid, values, 'post-stop', lastRun)).map((action) => ({do: action})),
        ...pending.plan.steps,
        ...cloudInit.map((action) => ({do: action})),
        ...launch.steps,
      ],
      // A start that fails is taken back with the changes, so nothing that they gave up may be gone before it has worked.
      afterwards: [...pending.plan.afterwards ?? [], ...(vmstate === undefined ? [] : await stateRemoval(vmid, vmstate, context)), ...launch.afterwards],
      whenInterrupted: 'undo',
    }
  },
})
