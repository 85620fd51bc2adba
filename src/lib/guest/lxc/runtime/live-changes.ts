// What `pct set` changes of a container while it runs: limits, by its control groups, and interfaces. Looks and changes nothing.
import {UnavailableError} from '../../../base/index.ts'
import {findBridge, missingBridge} from '../../../network/index.ts'
import type {Action, Context, Step} from '../../../tasks/index.ts'
import {netsOf, refuseUnsupportedKeys} from '../config/index.ts'
import type {Net} from '../config/index.ts'
import {chooseCpus, availableCpus, runningCpuSets} from '../facts/cpu-sets.ts'
import {gatherHostFacts} from '../facts/host-facts.ts'
import {changedSettings, groupSettings, limitKeys} from '../lxc-config/limits.ts'
import type {GroupSetting} from '../lxc-config/limits.ts'
import type {ChangeNets, NetChange} from './actions/change-nets.ts'
import type {GroupWrite, SetLimits} from './actions/set-limits.ts'
import {containerGroups} from './control-groups.ts'
import {changeNet, rebuildNet, removeNet} from './live-network.ts'
import type {LiveCommand, Wire} from './live-network.ts'
import {checkNets} from './check-nets.ts'
import {initOf, monitorOf} from './status.ts'

type Values = Readonly<Record<string, string>>

export interface LiveChanges {
  /** Each taken back when the whole fails. */
  readonly steps: readonly Step[]
  readonly afterwards: readonly Action[]
}

/** @param before, after what is in force, and what is to be @throws AppError saying what stands in the way */
export async function planLiveChanges(vmid: number, before: Values, after: Values, context: Context): Promise<LiveChanges> {
  const changesLimits = [...limitKeys].some((key) => before[key] !== after[key])
  const netKeys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => /^net\d{1,2}$/.test(key) && before[key] !== after[key])
  if (!changesLimits && netKeys.length === 0) return {steps: [], afterwards: []}
  const limits = changesLimits ? await limitStep(vmid, before, after, context) : []
  const nets = netKeys.length === 0 ? [] : await netStep(vmid, before, after, netKeys, context)
  return {steps: [...limits, ...nets], afterwards: netKeys.length === 0 ? [] : [{kind: 'lxc.write-setup', vmid}]}
}

async function limitStep(vmid: number, before: Values, after: Values, context: Context): Promise<Step[]> {
  const {host} = context
  const monitor = await monitorOf(vmid, context)
  const groups = monitor === undefined ? undefined : await containerGroups(vmid, monitor, host)
  if (groups === undefined) throw new UnavailableError(`container ${vmid} is just ending`, {data: {vmid}})
  const facts = await gatherHostFacts(host)
  const sets = before['cores'] === after['cores'] ? undefined : await cpuSets(vmid, after['cores'], context)
  const [old, wanted] = [groupSettings(before, facts, sets?.before), groupSettings(after, facts, sets?.after)]
  const writes = (from: readonly GroupSetting[], to: readonly GroupSetting[]): GroupWrite[] => changedSettings(from, to).flatMap(({controller, file, value}) => {
    const folder = groups(controller)
    return folder === undefined ? [] : [{path: `${folder.path}/${file}`, value}]
  })
  const action = (list: GroupWrite[]): SetLimits => ({kind: 'lxc.set-limits', vmid, writes: list})
  const list = writes(old, wanted)
  return list.length === 0 ? [] : [{do: action(list), undo: action(writes(wanted, old))}]
}

/** The processors that it is on, and those that it is to be on. */
async function cpuSets(vmid: number, cores: string | undefined, context: Context): Promise<{before: number[]; after: number[]}> {
  const [available, running] = await Promise.all([availableCpus(context.host), runningCpuSets(context)])
  const chosen = cores === undefined ? undefined : chooseCpus(Number(cores), available, running.filter((each) => each.vmid !== vmid).map(({cpus}) => cpus))
  return {before: running.find((each) => each.vmid === vmid)?.cpus ?? available, after: chosen ?? available}
}

async function netStep(vmid: number, before: Values, after: Values, keys: readonly string[], context: Context): Promise<Step[]> {
  const {host} = context
  const monitor = await monitorOf(vmid, context)
  const init = monitor === undefined ? undefined : await initOf(monitor, host)
  if (init === undefined) throw new UnavailableError(`container ${vmid} is just ending`, {data: {vmid}})
  const [old, wanted] = [netsOf(before), netsOf(after)]
  refuseUnsupportedKeys({values: Object.fromEntries(Object.entries(after).filter(([key]) => keys.includes(key)))})
  await checkNets(wanted.filter(({key}) => keys.includes(key)), host)
  const bridgeMtus: Record<string, number> = {}
  for (const net of [...old, ...wanted]) {
    if (!keys.includes(net.key) || net.bridge === undefined || bridgeMtus[net.bridge] !== undefined) continue
    const bridge = await findBridge(net.bridge, host)
    if (bridge !== undefined) bridgeMtus[net.bridge] = bridge.mtu
    else if (wanted.includes(net)) throw missingBridge(net.bridge, net.key, 'container')
  }
  const wire: Wire = {vmid, init, bridgeMtus}
  const changes = keys.map((key): NetChange => {
    const [from, to] = [old.find((net) => net.key === key), wanted.find((net) => net.key === key)]
    return {key, commands: commandsFor(from, to, wire), back: from === undefined ? removeNet(to?.index ?? 0, wire) : rebuildNet(from, wire)}
  })
  const undo: ChangeNets = {kind: 'lxc.change-nets', vmid, init, changes: changes.toReversed().map(({key, commands, back}) => ({key, commands: back, back: commands}))}
  return [{do: {kind: 'lxc.change-nets', vmid, init, changes} satisfies ChangeNets, undo}]
}

function commandsFor(from: Net | undefined, to: Net | undefined, wire: Wire): LiveCommand[] {
  if (to === undefined) return removeNet(from?.index ?? 0, wire)
  return from === undefined ? rebuildNet(to, wire) : changeNet(from, to, wire)
}
