// How a guest's memory is made up: its parts by NUMA node, the modules for hotplug, and the huge pages that each part is made of. Pure;
// the reservation of huge pages (memory-reservation/) counts with the same numbers.
import {InvalidInputError, UnsupportedError} from '../../../base/index.ts'
import {readCpuCount, readHotplug, readMemoryMib, readNumaNodes} from '../config/index.ts'

/** With memory hotplug this much is there without modules. */
export const staticMib = 1024
const moduleSlots = 255

export interface MemoryModule { readonly number: number; readonly sizeMib: number; readonly node: number }

/** Modules of 512 MiB; after each 32 of a size come those of twice the size. They go round the NUMA nodes. */
export function hotplugModules(memoryMib: number, sockets: number): MemoryModule[] {
  const modules: MemoryModule[] = []
  let present = staticMib
  for (let number = 0; present < memoryMib && number < moduleSlots; number++) {
    const sizeMib = 512 * 2 ** Math.floor(number / 32)
    modules.push({number, sizeMib, node: (number % 32) % sockets})
    present += sizeMib
  }
  return modules
}

/** Where the pages of a size are handed out as files. The names are Proxmox VE's. */
export function hugePageFolder(pageMib: number): string {
  return `/run/hugepages/kvm/${pageMib * 1024}kB`
}

/**
 * The size of the pages for a piece of memory.
 * @param wanted the value of `hugepages`
 * @throws UnsupportedError when the host has no such pages, InvalidInputError when the memory is not a whole number of them
 */
export function hugePageSizeMib(wanted: string, sizeMib: number, known: readonly number[]): number {
  if (wanted === 'any' && known.includes(1024) && sizeMib % 1024 === 0) return 1024
  const pageMib = wanted === 'any' ? 2 : Number(wanted)
  if (!known.includes(pageMib)) {
    throw new UnsupportedError(`this host has no huge pages of ${pageMib} MiB`, {
      data: {key: 'hugepages'},
      nextSteps: [known.length === 0 ? 'Its kernel has none at all: ls /sys/kernel/mm/hugepages' : `It has pages of ${known.join(' and ')} MiB.`],
    })
  }
  if (sizeMib % pageMib !== 0) {
    throw new InvalidInputError(`${sizeMib} MiB of memory cannot be made of huge pages of ${pageMib} MiB`, {memory: `each NUMA node must have a multiple of ${pageMib} MiB`})
  }
  return pageMib
}

export interface WantedPages { readonly hostNode: number; readonly pageMib: number; readonly count: number }

/**
 * The huge pages that a guest needs on each NUMA node of the host, sorted; none without `hugepages`.
 * @throws InvalidInputError when it cannot be told which node of the host they come from
 */
export function wantedHugePages(
  values: Readonly<Record<string, string>>, host: {readonly hugePageSizesMib: readonly number[]; readonly numaNodes: readonly number[]},
): WantedPages[] {
  const wanted = values['hugepages']
  if (wanted === undefined) return []
  const counts = new Map<string, WantedPages>()
  for (const {sizeMib, hostNode, key} of memoryParts(values)) {
    if (!host.numaNodes.includes(hostNode)) {
      throw new InvalidInputError(`the huge pages of ${key} would come from NUMA node ${hostNode}, which this host does not have`, {
        hugepages: `this host has the NUMA nodes ${host.numaNodes.join(', ')}`,
      }, {nextSteps: ['Name a node of the host for each of the guest\'s: --numa0 cpus=0,hostnodes=0,memory=1024,policy=bind']})
    }
    const pageMib = hugePageSizeMib(wanted, sizeMib, host.hugePageSizesMib)
    const name = `${hostNode}/${pageMib}`
    counts.set(name, {hostNode, pageMib, count: (counts.get(name)?.count ?? 0) + sizeMib / pageMib})
  }
  return [...counts.values()].sort((a, b) => a.hostNode - b.hostNode || a.pageMib - b.pageMib)
}

/** Nodes that say nothing else come from the node of the host with their number, as in Proxmox VE. */
function* memoryParts(values: Readonly<Record<string, string>>): Generator<{sizeMib: number; hostNode: number; key: string}> {
  const memoryMib = readMemoryMib(values['memory'])
  const {sockets} = readCpuCount(values)
  const own = readNumaNodes(values)
  const hasHotplug = readHotplug(values['hotplug']).has('memory')
  for (const node of own) {
    const key = `'numa${node.id}'`
    const [hostNode, ...others] = node.hostNodes ?? []
    if (hostNode === undefined || others.length > 0 || hostNode.includes('-')) {
      throw new InvalidInputError(`${key} must name one node of the host that its huge pages come from`, {[`numa${node.id}`]: 'needs one hostnodes= for hugepages'})
    }
    yield {sizeMib: node.memoryMib ?? 0, hostNode: Number(hostNode), key}
  }
  if (own.length > 0) return
  const onBoardMib = hasHotplug ? staticMib : memoryMib
  for (let socket = 0; socket < sockets; socket++) yield {sizeMib: onBoardMib / sockets, hostNode: socket, key: `socket ${socket}`}
  if (!hasHotplug) return
  for (const {number, sizeMib, node} of hotplugModules(memoryMib, sockets)) yield {sizeMib, hostNode: node, key: `memory module ${number}`}
}
