// Memory and processor time of a container, as settings of control groups. LXC gives each to the version that the host has the controller in. Pure.
import {readFloat, readWholeNumber} from '../../read-properties.ts'
import type {HostFacts} from '../facts/host-facts.ts'
import type {LxcLine} from './build-lxc-config.ts'

const mebibyte = 1024 * 1024
const periodUs = 100_000

export function limitLines(values: Readonly<Record<string, string>>, {isUnifiedCgroup}: HostFacts): LxcLine[] {
  const memoryBytes = (readWholeNumber('memory', values['memory']) ?? 512) * mebibyte
  const swapBytes = (readWholeNumber('swap', values['swap']) ?? 512) * mebibyte
  const limit = readFloat('cpulimit', values['cpulimit']) ?? 0
  const units = readWholeNumber('cpuunits', values['cpuunits'])
  if (isUnifiedCgroup) {
    return [
      ['lxc.cgroup2.memory.max', String(memoryBytes)], ['lxc.cgroup2.memory.swap.max', String(swapBytes)],
      ...(limit > 0 ? [['lxc.cgroup2.cpu.max', `${Math.round(limit * periodUs)} ${periodUs}`] as const] : []),
      ['lxc.cgroup2.cpu.weight', String(Math.min(10_000, Math.max(1, units ?? 100)))],
    ]
  }
  return [
    ['lxc.cgroup.memory.limit_in_bytes', String(memoryBytes)],
    ...(limit > 0 ? [['lxc.cgroup.cpu.cfs_period_us', String(periodUs)] as const, ['lxc.cgroup.cpu.cfs_quota_us', String(Math.round(limit * periodUs))] as const] : []),
    ['lxc.cgroup.cpu.shares', String(Math.max(2, units ?? 1024))],
  ]
}
