// Memory and processors of a container, as settings of control groups: for LXC, which makes them at the start, and for the kernel while it runs. Pure.
import {formatCpuList} from '../../cpu-set.ts'
import {readFloat, readWholeNumber} from '../../read-properties.ts'
import type {HostFacts} from '../facts/host-facts.ts'
import type {LxcLine} from './build-lxc-config.ts'

const mebibyte = 1024 * 1024
const periodUs = 100_000
/** The kernel takes no less than a millisecond. */
const leastQuotaUs = 1000

export interface GroupSetting {
  readonly controller: 'memory' | 'cpu' | 'cpuset'
  readonly file: string
  readonly value: string
}

export const limitKeys: ReadonlySet<string> = new Set(['memory', 'swap', 'cpulimit', 'cpuunits', 'cores'])

type LimitFacts = Pick<HostFacts, 'isUnifiedCgroup' | 'countsSwap'>

/** @param cpus the processors that it is to be on; undefined: all, and nothing is written of them */
export function groupSettings(values: Readonly<Record<string, string>>, facts: LimitFacts, cpus?: readonly number[]): GroupSetting[] {
  const of = (controller: GroupSetting['controller'], file: string, value: string): GroupSetting => ({controller, file: `${controller}.${file}`, value})
  const memoryBytes = (readWholeNumber('memory', values['memory']) ?? 512) * mebibyte
  const swapBytes = (readWholeNumber('swap', values['swap']) ?? 512) * mebibyte
  const limit = readFloat('cpulimit', values['cpulimit']) ?? 0
  const quotaUs = limit > 0 ? Math.max(leastQuotaUs, Math.round(limit * periodUs)) : undefined
  const units = readWholeNumber('cpuunits', values['cpuunits'])
  const set = cpus === undefined ? [] : [of('cpuset', 'cpus', formatCpuList(cpus))]
  if (facts.isUnifiedCgroup) {
    return [
      of('memory', 'max', String(memoryBytes)), of('memory', 'swap.max', String(swapBytes)),
      of('cpu', 'max', `${quotaUs ?? 'max'} ${periodUs}`), of('cpu', 'weight', String(Math.min(10_000, Math.max(1, units ?? 100)))), ...set,
    ]
  }
  return [
    of('memory', 'limit_in_bytes', String(memoryBytes)), ...(facts.countsSwap ? [of('memory', 'memsw.limit_in_bytes', String(memoryBytes + swapBytes))] : []),
    of('cpu', 'cfs_period_us', String(periodUs)), of('cpu', 'cfs_quota_us', String(quotaUs ?? -1)), of('cpu', 'shares', String(Math.max(2, units ?? 1024))), ...set,
  ]
}

/** LXC gives each to the version that the host has the controller in. */
export function limitLines(values: Readonly<Record<string, string>>, facts: LimitFacts, cpus?: readonly number[]): LxcLine[] {
  return groupSettings(values, facts, cpus).map(({file, value}) => [`lxc.${facts.isUnifiedCgroup ? 'cgroup2' : 'cgroup'}.${file}`, value])
}

/**
 * What has to be written into the groups of a running container to come from one set of settings to another, in an order that the kernel takes: memory with
 * swap must never be less than memory.
 */
export function changedSettings(before: readonly GroupSetting[], after: readonly GroupSetting[]): GroupSetting[] {
  const old = new Map(before.map(({file, value}) => [file, value]))
  const changed = after.filter(({file, value}) => old.get(file) !== value)
  const both = changed.find(({file}) => file === 'memory.memsw.limit_in_bytes')
  if (both === undefined || Number(both.value) < Number(old.get(both.file) ?? 0)) return changed
  return [both, ...changed.filter((setting) => setting !== both)]
}
