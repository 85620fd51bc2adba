// CPUs, NUMA nodes and huge pages of the host, as sysfs shows them.
import type {Host} from '../../../host/index.ts'
import {readCpuSet} from '../config/index.ts'

export const numaFolder = '/sys/devices/system/node'

type Files = Pick<Host, 'files'>

/** The numbers of the CPUs that are switched on. */
export async function readOnlineCpus({files}: Files): Promise<ReadonlySet<number>> {
  const path = '/sys/devices/system/cpu/online'
  return new Set(await files.stat(path) === undefined ? [] : readCpuSet((await files.readText(path, 64 * 1024)).trim()))
}

/** The numbers of the NUMA nodes; a kernel without NUMA has one. */
export async function readNumaNodeNumbers({files}: Files): Promise<number[]> {
  const nodes = (await files.list(numaFolder)).flatMap(name => { const match = /^node(\d{1,4})$/.exec(name); return match === null ? [] : [Number(match[1])] })
  return nodes.length === 0 ? [0] : nodes.sort((a, b) => a - b)
}

/** The sizes of huge pages in MiB, of those that Corral uses. */
export async function readHugePageSizesMib({files}: Files): Promise<number[]> {
  const names = await files.list('/sys/kernel/mm/hugepages')
  return [2, 1024].filter(size => names.includes(`hugepages-${size * 1024}kB`))
}
