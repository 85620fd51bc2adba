// Starts a virtual machine. What is known before QEMU runs is checked here, so that nothing is touched when it cannot work.
import {ConflictError, ForbiddenError} from '../../../base/index.ts'
import {requireBridge} from '../../../network/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {buildArguments} from '../arguments/index.ts'
import {netCount, readNic, refuseUnsupportedKeys} from '../config/index.ts'
import {gatherFacts} from '../facts/index.ts'
import {assertUnlocked, guestLockName, isYes, readGuest} from '../guest-files.ts'
import {locksOfPendingChanges, planPendingChanges} from '../plan-config-change.ts'
import {startSteps} from '../runtime/start-steps.ts'
import {runtimeStatus} from '../runtime/status.ts'
import {limitMs, startTimeoutSeconds} from '../runtime/timeouts.ts'
import {spec} from './start.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid}, context) => [guestLockName(vmid), ...locksOfPendingChanges((await readGuest(vmid, context)).config)],
  lockTimeoutMs: 60_000,
  plan: async ({vmid, skiplock, timeout, machine, 'force-cpu': forcedCpu}, context) => {
    const guest = await readGuest(vmid, context)
    assertUnlocked(guest, skiplock, context.caller)
    if (forcedCpu !== undefined && !context.caller.isRoot) throw new ForbiddenError("only root may use 'force-cpu'")
    if (isYes(guest.config.current.values['template'])) {
      throw new ConflictError(`virtual machine ${vmid} is a template and cannot be started`, {data: {vmid}})
    }
    if (await runtimeStatus(vmid, context) !== undefined) throw new ConflictError(`virtual machine ${vmid} is running already`, {data: {vmid}})

    const pending = await planPendingChanges(guest, context)
    const {current} = pending.config
    const values = machine === undefined ? current.values : {...current.values, machine}
    refuseUnsupportedKeys(values)
    await requireBridges(values, context)
    const built = buildArguments(await gatherFacts(vmid, {...current, values}, context))
    for (const warning of built.warnings) context.log.warn(warning)
    return {
      steps: [
        ...pending.plan.steps,
        ...startSteps({vmid, values, built, forcedCpu, timeoutMs: limitMs(timeout ?? startTimeoutSeconds(values))}),
      ],
      // A start that fails is taken back with the changes, so nothing that they gave up may be gone before it has worked.
      ...(pending.plan.afterwards === undefined ? {} : {afterwards: pending.plan.afterwards}),
      whenInterrupted: 'undo',
    }
  },
})

/** @throws NotFoundError naming the card, with the command that makes the bridge */
async function requireBridges(values: Readonly<Record<string, string>>, {host}: Context): Promise<void> {
  for (let index = 0; index < netCount; index++) {
    const key = `net${index}`
    const text = values[key]
    if (text === undefined) continue
    const {bridge} = readNic(key, text)
    if (bridge !== undefined) await requireBridge(bridge, key, host)
  }
}
