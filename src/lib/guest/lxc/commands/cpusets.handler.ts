// Shows the processors of the running containers.
import {handleRead} from '../../../tasks/index.ts'
import {runningCpuSets} from '../facts/cpu-sets.ts'
import type {ContainerCpus} from '../facts/cpu-sets.ts'
import {spec} from './cpusets.spec.ts'

export const handler = handleRead(spec, (_params, context): Promise<ContainerCpus[]> => runningCpuSets(context), cpuSetLines)

/** A column for each processor, empty where the container is not on it; as Proxmox VE draws it. */
export function cpuSetLines(sets: readonly ContainerCpus[]): string[] {
  if (sets.length === 0) return ['no running containers']
  const width = Math.max(...sets.map(({vmid}) => String(vmid).length))
  const lines = sets.map(({vmid, cpus}) => {
    const has = new Set(cpus)
    const columns = Array.from({length: Math.max(-1, ...cpus) + 1}, (_, cpu) => has.has(cpu) ? String(cpu) : ' '.repeat(String(cpu).length))
    return `${String(vmid).padStart(width)}: ${columns.join(' ')}`.trimEnd()
  })
  const rule = '-'.repeat(Math.max(...lines.map((line) => line.length)))
  return [rule, ...lines, rule]
}
