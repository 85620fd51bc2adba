// Starts a virtual machine. What is known before QEMU runs is checked here, so that nothing is touched when it cannot work.
import {ConflictError, ForbiddenError} from '../../../base/index.ts'
import {requireBridge} from '../../../network/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import type {Context, Step} from '../../../tasks/index.ts'
import {buildArguments} from '../arguments/index.ts'
import type {ArgumentsInput} from '../arguments/index.ts'
import {wantedHugePages} from '../arguments/memory-layout.ts'
import {netCount, readNic, refuseUnsupportedKeys} from '../config/index.ts'
import {cpuTimeOf, findControlGroups, groupName, hasSystemd} from '../cpu-time/index.ts'
import {gatherFacts, pluggedCards, withMissingBridges} from '../facts/index.ts'
import {assertUnlocked, guestLockName, isYes, readGuest} from '../guest-files.ts'
import {gatherPciFacts, hasHostPci, planPciSteps, vfioDriver} from '../host-devices/index.ts'
import {locksOfHugePages} from '../huge-pages/index.ts'
import {locksOfPendingChanges, planPendingChanges} from '../plan-config-change.ts'
import {helperSteps} from '../runtime/helper-steps.ts'
import {hookScriptPath} from '../runtime/hook-script.ts'
import type {HookPhase} from '../runtime/hook-script.ts'
import {hookActions} from '../runtime/hook-steps.ts'
import {startSteps} from '../runtime/start-steps.ts'
import type {StartInput} from '../runtime/start-steps.ts'
import {runtimeStatus, uncleanedRun} from '../runtime/status.ts'
import {limitMs, startTimeoutSeconds} from '../runtime/timeouts.ts'
import {spec} from './start.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid}, context) => {
    const {config} = await readGuest(vmid, context)
    return [guestLockName(vmid), ...locksOfPendingChanges(config), ...locksOfHugePages(config, context.node)]
  },
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
    const hasHookScript = values['hookscript'] !== undefined
    if (values['hookscript'] !== undefined) await hookScriptPath(values['hookscript'], context)
    // A hook script may make the bridges; one that is still missing then is told by QEMU's network script.
    if (!hasHookScript) await requireBridges(values, context)
    const facts = await gatherFacts(vmid, {...current, values}, context)
    const bridgeMtu = hasHookScript ? withMissingBridges(pluggedCards(values), facts.host.bridgeMtu) : facts.host.bridgeMtu
    const input = {...facts, host: {...facts.host, bridgeMtu}}
    const built = buildArguments(input)
    const helpers = await helperSteps(vmid, values, context)
    const lastRun = await uncleanedRun(vmid, context)
    const hook = (phase: HookPhase, occasion?: string) => hookActions(vmid, values, phase, occasion)
    for (const warning of built.warnings) context.log.warn(warning)
    return {
      steps: [
        // A run that ended unseen has had no end yet for its hook script.
        ...(lastRun === undefined ? [] : hook('post-stop', lastRun)).map((action) => ({do: action})),
        ...pending.plan.steps,
        ...hook('pre-start').map((action) => ({do: action})),
        ...startSteps({
          vmid, values, built, forcedCpu, helpers, timeoutMs: limitMs(timeout ?? startTimeoutSeconds(values)), ...await hostResources(input, context),
        }),
      ],
      // A start that fails is taken back with the changes, so nothing that they gave up may be gone before it has worked.
      afterwards: [...pending.plan.afterwards ?? [], ...hook('post-start')],
      whenInterrupted: 'undo',
    }
  },
})

/** What the host sets aside for the guest: devices, huge pages, processor time. @throws AppError when it cannot */
async function hostResources(input: ArgumentsInput, context: Context): Promise<Pick<StartInput, 'pciSteps' | 'hugePages' | 'scopeUnit'>> {
  const {vmid, config: {values}, host: facts} = input
  const hugePages = wantedHugePages(values, facts)
  const usesCpuTime = cpuTimeOf(values) !== undefined
  const isSystemd = usesCpuTime && await hasSystemd(context.host)
  // Before anything is done: the host may have no control groups.
  if (usesCpuTime && !isSystemd) await findControlGroups(context.host)
  return {hugePages, pciSteps: await pciSteps(input, context), scopeUnit: isSystemd ? `corral-${groupName(vmid, context.places)}` : undefined}
}

async function pciSteps({vmid, config: {values}, hostPci}: ArgumentsInput, context: Context): Promise<readonly Step[]> {
  if (!hasHostPci(values)) return []
  const [{devices, taken}, driver] = await Promise.all([
    gatherPciFacts(vmid, values, context), context.host.files.stat(`/sys/bus/pci/drivers/${vfioDriver}`),
  ])
  return planPciSteps(values, hostPci, {vmid, devices, taken, hasVfioDriver: driver !== undefined})
}

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
