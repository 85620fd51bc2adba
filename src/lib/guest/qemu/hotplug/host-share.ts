// Changes of what a running machine has of its host: processor time, the CPUs that it may run on, memory by the balloon.
import {UnsupportedError} from '../../../base/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {affinityPrefix} from '../arguments/process.ts'
import type {Guest} from '../arguments/guest.ts'
import {readMemoryMib, readWholeNumber} from '../config/index.ts'
import {cpuTimeOf, findControlGroups, groupName, hasSystemd} from '../cpu-time/index.ts'
import {readOnlineCpus} from '../facts/host-topology.ts'
import type {MachineChange} from './machine-change.ts'

type Values = Readonly<Record<string, string>>

const mebibyte = 1024 * 1024

/** @throws UnsupportedError where systemd would have to be given a process that runs */
export async function cpuTimeChange(vmid: number, now: Values, then: Values, {host, places}: Context): Promise<MachineChange[]> {
  const isSystemd = await hasSystemd(host)
  const unit = isSystemd ? `corral-${groupName(vmid, places)}` : undefined
  // A private installation starts only machines with a limit or a weight in a scope.
  if (unit !== undefined && cpuTimeOf(now) === undefined && await host.files.stat(`/sys/fs/cgroup/corral.slice/${unit}.scope`) === undefined) throw new UnsupportedError('the machine was started without a scope of systemd that the limit could be set on')
  if (!isSystemd) await findControlGroups(host)
  return [{kind: 'cpu-time', time: cpuTimeOf(then) ?? {}, was: cpuTimeOf(now) ?? {}, unit}]
}

/** @throws InvalidInputError for CPUs that the host does not have */
export async function affinityChange(now: Values, then: Guest, {host}: Context): Promise<MachineChange[]> {
  affinityPrefix(then)
  const all = [...await readOnlineCpus(host)].join(',')
  return [{kind: 'affinity', cpus: then.values['affinity'] ?? all, was: now['affinity'] ?? all}]
}

/** Without a value the guest gets all of its memory back. */
export function balloonChange(now: Values, then: Values): MachineChange[] {
  const command = (values: Values) => {
    const memoryMib = readMemoryMib(values['memory'])
    return {execute: 'balloon', arguments: {value: Math.min(readWholeNumber('balloon', values['balloon']) || memoryMib, memoryMib) * mebibyte}}
  }
  // `balloon: 0` leaves the device out.
  return now['balloon'] === '0' ? [] : [{kind: 'tell', commands: [command(then)], back: [command(now)]}]
}
