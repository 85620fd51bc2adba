// What brings a machine up, computed: what is known before QEMU runs is checked here, so that nothing is touched when it cannot work.
import {ConflictError, NotFoundError} from '../../../base/index.ts'
import {requireBridge} from '../../../network/index.ts'
import {openVolume} from '../../../storage/index.ts'
import type {Action, Context, Step} from '../../../tasks/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import {buildArguments} from '../arguments/index.ts'
import type {ArgumentsInput, DriveBacking} from '../arguments/index.ts'
import {wantedHugePages} from '../arguments/memory-layout.ts'
import {netCount, readNic, refuseUnsupportedKeys} from '../config/index.ts'
import {cpuTimeOf, findControlGroups, groupName, hasSystemd} from '../cpu-time/index.ts'
import {gatherFacts, pluggedCards, requireVlans, withMissingBridges} from '../facts/index.ts'
import {gatherPciFacts, hasHostPci, planPciSteps, vfioDriver} from '../host-devices/index.ts'
import type {KeptState} from '../snapshots/sections.ts'
import {helperSteps} from './helper-steps.ts'
import {hookScriptPath} from '../../hooks/hook-script.ts'
import {hookActions} from './hook-steps.ts'
import {guestPaths} from './sockets.ts'
import {startSteps} from './start-steps.ts'
import type {StartInput} from './start-steps.ts'
import {isWholeState} from './state/carrier.ts'
import {valuesForState} from './state/kept-state.ts'
import {limitMs, startTimeoutSeconds} from './timeouts.ts'

export interface LaunchWish {
  readonly vmid: number
  /** What it is started with. */
  readonly section: ConfigSection
  /** Stands in for the value of -cpu. */
  readonly forcedCpu: string | undefined
  readonly timeoutSeconds: number | undefined
  /** By drive: an image from elsewhere that the volume is filled from while the machine runs. */
  readonly below?: Readonly<Record<string, NonNullable<DriveBacking['below']>>>
  /** What it goes on from instead of booting; it stands still then, until `qemu.let-go`. */
  readonly state?: KeptState | undefined
}

export interface Launch {
  readonly steps: readonly Step[]
  /** Once it runs. */
  readonly afterwards: readonly Action[]
}

/** @throws AppError for what would keep QEMU from starting */
export async function planLaunch({vmid, section: {values: wanted, ...text}, forcedCpu, timeoutSeconds, state, below = {}}: LaunchWish, context: Context): Promise<Launch> {
  const values = state === undefined ? wanted : valuesForState(wanted, state)
  refuseUnsupportedKeys(values)
  const hasHookScript = values['hookscript'] !== undefined
  if (values['hookscript'] !== undefined) await hookScriptPath(values['hookscript'], context)
  // A hook script may make the bridges; one that is still missing then is told by QEMU's network script.
  if (!hasHookScript) await requireBridges(values, context)
  const facts = await gatherFacts(vmid, {...text, values}, context)
  const bridgeMtu = hasHookScript ? withMissingBridges(pluggedCards(values), facts.host.bridgeMtu) : facts.host.bridgeMtu
  const drives = Object.fromEntries(Object.entries(facts.drives).map(([key, backing]) => [key, below[key] === undefined ? backing : {...backing, below: below[key]}]))
  const input = {...facts, drives, host: {...facts.host, bridgeMtu}}
  const built = buildArguments(input)
  const helpers = await helperSteps(vmid, values, context)
  for (const warning of built.warnings) context.log.warn(warning)
  return {
    steps: [
      ...hookActions(vmid, values, 'pre-start').map((action) => ({do: action})),
      ...startSteps({
        vmid, values, built, forcedCpu: forcedCpu ?? state?.cpu, helpers, state: await stateSource(vmid, state, context),
        timeoutMs: limitMs(timeoutSeconds ?? startTimeoutSeconds(values)), ...await hostResources(input, context),
      }),
    ],
    afterwards: hookActions(vmid, values, 'post-start'),
  }
}

async function stateSource(vmid: number, state: KeptState | undefined, context: Context): Promise<StartInput['state']> {
  if (state === undefined) return undefined
  const {storage, id} = await openVolume(state.volume, context)
  if (!await storage.exists(id)) throw new NotFoundError(`the state of virtual machine ${vmid} is not there: there is no volume ${state.volume}`, {data: {vmid, volume: state.volume}})
  const path = storage.path(id)
  if (!await isWholeState(path, context.host)) {
    throw new ConflictError(`there is no whole state of virtual machine ${vmid} in ${state.volume}; it is kept`, {
      data: {vmid, volume: state.volume}, nextSteps: [`To do without it and boot anew: qm unlock ${vmid} && qm start ${vmid}`],
    })
  }
  return {volume: state.volume, path, socketPath: guestPaths(context.places, vmid).state}
}

/** What the host sets aside for the guest: devices, huge pages, processor time. @throws AppError when it cannot */
async function hostResources(input: ArgumentsInput, context: Context): Promise<Pick<StartInput, 'pciSteps' | 'hugePages' | 'scopeUnit'>> {
  const {vmid, config: {values}, host: facts} = input
  const hugePages = wantedHugePages(values, facts)
  const usesCpuTime = cpuTimeOf(values) !== undefined
  // Outside a scope it would belong to the session or service that started it, and end with that. A private installation may be no root's.
  const isSystemd = (usesCpuTime || context.places.root === undefined) && await hasSystemd(context.host)
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
    if (bridge === undefined) continue
    await requireBridge(bridge, key, host)
    await requireVlans(key, text, host)
  }
}
