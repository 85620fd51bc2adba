// Which processors containers are on, and which a new one gets. Looks and changes nothing.
import {longestMountTable, parseGroupMounts} from '../../control-groups/mounts.ts'
import {parseCpuList} from '../../cpu-set.ts'
import type {Host} from '../../../host/index.ts'
import {containerGroups} from '../runtime/control-groups.ts'
import {containersWithRun, monitorOf, textIfThere} from '../runtime/status.ts'
import type {RuntimeContext} from '../runtime/status.ts'

export interface ContainerCpus {
  readonly vmid: number
  readonly cpus: number[]
}

/** Of every container that runs, by number. */
export async function runningCpuSets(context: RuntimeContext): Promise<ContainerCpus[]> {
  const found: ContainerCpus[] = []
  for (const vmid of await containersWithRun(context)) {
    const monitor = await monitorOf(vmid, context)
    const folder = monitor === undefined ? undefined : (await containerGroups(vmid, monitor, context.host))?.('cpuset')
    if (folder === undefined) continue
    const names = folder.version === 1 ? ['cpuset.effective_cpus', 'cpuset.cpus'] : ['cpuset.cpus.effective']
    const texts = await Promise.all(names.map((name) => textIfThere(context.host, `${folder.path}/${name}`)))
    found.push({vmid, cpus: parseCpuList(texts.find((text) => (text ?? '').trim() !== '') ?? '')})
  }
  return found
}

/** The processors that containers may be on: those of the control groups that are above them, else all that are switched on. */
export async function availableCpus(host: Host): Promise<number[]> {
  const mounts = parseGroupMounts(await host.files.readText('/proc/self/mountinfo', longestMountTable))
  const paths = [
    ...(mounts.v1['cpuset'] === undefined ? [] : [`${mounts.v1['cpuset'].path}/cpuset.effective_cpus`, `${mounts.v1['cpuset'].path}/cpuset.cpus`]),
    ...(mounts.v2 === undefined ? [] : [`${mounts.v2.path}/cpuset.cpus.effective`]), '/sys/devices/system/cpu/online',
  ]
  for (const path of paths) {
    const cpus = parseCpuList(await textIfThere(host, path) ?? '')
    if (cpus.length > 0) return cpus
  }
  return []
}

/**
 * The processors for a container that wants `cores` of them: those that carry the fewest others; of equals the first. Where it wants all there are, none is
 * chosen, so that it takes part in ones that are switched on later. Pure.
 * @param others the processors of those that were given some; whoever runs on all of them weighs on none
 */
export function chooseCpus(cores: number, available: readonly number[], others: readonly (readonly number[])[]): number[] | undefined {
  if (cores >= available.length) return undefined
  const load = (cpu: number) => others.filter((cpus) => cpus.length < available.length && cpus.includes(cpu)).length
  return [...available].sort((a, b) => load(a) - load(b) || a - b).slice(0, cores).sort((a, b) => a - b)
}
