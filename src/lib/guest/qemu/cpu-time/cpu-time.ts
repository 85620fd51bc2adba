// What `cpulimit` and `cpuunits` mean in numbers. The numbers are Proxmox VE's. Pure.
import {readFloat} from '../../read-properties.ts'

export interface CpuTime {
  /** In CPUs of the host; undefined for no limit. */
  readonly limit?: number
  /** Against the weights of others. */
  readonly units?: number
}

/** undefined when the configuration says nothing about processor time. */
export function cpuTimeOf(values: Readonly<Record<string, string>>): CpuTime | undefined {
  const limit = readFloat('cpulimit', values['cpulimit'])
  const units = readFloat('cpuunits', values['cpuunits'])
  if ((limit === undefined || limit === 0) && units === undefined) return undefined
  return {...(limit === undefined || limit === 0 ? {} : {limit}), ...(units === undefined ? {} : {units})}
}

const periodUs = 100_000
/** The kernel takes no less than a millisecond. */
const leastQuotaUs = 1000

export type GroupVersion = 1 | 2

/** The files of a control group with what is written into them, in order. Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/… */
export function groupValues({limit, units}: CpuTime, version: GroupVersion): readonly (readonly [file: string, value: string])[] {
  const quotaUs = limit === undefined ? undefined : Math.max(leastQuotaUs, Math.round(limit * periodUs))
  if (version === 2) {
    return [
      ['cpu.weight', String(clamp(units ?? 100, 1, 10_000))],
      ['cpu.max', `${quotaUs ?? 'max'} ${periodUs}`],
    ]
  }
  return [
    ['cpu.shares', String(clamp(units ?? 1024, 2, 262_144))],
    ['cpu.cfs_period_us', String(periodUs)],
    ['cpu.cfs_quota_us', String(quotaUs ?? -1)],
  ]
}

function clamp(number: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, Math.round(number)))
}

/**
 * The words before QEMU with which systemd puts it into a scope of its own. systemd owns the control groups of its host. When the host goes down, units
 * end in the reverse of their order: guests are shut down by corral-guests.service before systemd ends their scopes.
 */
export function scopeWords(unit: string, {limit, units}: CpuTime): string[] {
  return [
    'systemd-run', '--scope', '--quiet', '--collect', `--unit=${unit}`, '--slice=corral.slice',
    '--property', 'Before=corral-guests.service',
    ...(units === undefined ? [] : ['--property', `CPUWeight=${clamp(units, 1, 10_000)}`]),
    ...(limit === undefined ? [] : ['--property', `CPUQuota=${Math.max(1, Math.round(limit * 100))}%`]),
    '--',
  ]
}
