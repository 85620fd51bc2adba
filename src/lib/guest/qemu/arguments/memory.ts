// Main memory: its size, NUMA nodes, modules for hotplug, and the balloon.
import {InvalidInputError} from '../../../base/index.ts'
import {readCpu, readCpuCount, readFlag, readHotplug, readMemoryMib, readNumaNodes} from '../config/index.ts'
import type {Guest} from './guest.ts'
import {isAtLeast} from './machine-version.ts'
import {hotplugModules, hugePageFolder, hugePageSizeMib, staticMib} from './memory-layout.ts'
import {optionText} from './option-text.ts'
import {pciAddress} from './pci-addresses.ts'
import {sharesMemory} from './virtiofs.ts'

const moduleSlots = 255

/** @throws InvalidInputError for nodes that do not add up and sizes out of range */
export function memoryArguments(guest: Guest): string[] {
  const memoryMib = readMemoryMib(guest.values['memory'])
  const hasHotplug = readHotplug(guest.values['hotplug']).has('memory')
  if (guest.values['hugepages'] !== undefined && readFlag(guest.values['numa']) !== true) {
    throw new InvalidInputError('huge pages need numa to be set', {numa: 'must be 1 for hugepages'})
  }
  if (!hasHotplug) return ['-m', String(memoryMib), ...numaArguments(guest, memoryMib), ...sharedMemoryObject(guest, memoryMib)]
  if (sharesMemory(guest)) throw new InvalidInputError('memory hotplug does not go with shared folders (virtiofs0, …)', {hotplug: 'does not go with virtiofs[n]'})
  const maximumMib = maximumMemoryMib(guest)
  if (readFlag(guest.values['numa']) !== true) throw new InvalidInputError('memory hotplug needs numa to be set', {numa: 'must be 1 for memory hotplug'})
  if (readNumaNodes(guest.values).length > 0) {
    throw new InvalidInputError(
      'memory hotplug does not go with NUMA nodes of your own (numa0, …)',
      {hotplug: 'does not go with numa[n]'},
    )
  }
  if (memoryMib < staticMib) throw new InvalidInputError(`memory hotplug needs at least ${staticMib} MiB of memory`, {memory: `must be at least ${staticMib}`})
  if (memoryMib > maximumMib) {
    throw new InvalidInputError(
      `the guest's CPU can address ${maximumMib} MiB with memory hotplug, not ${memoryMib}`,
      {memory: `must be at most ${maximumMib}`},
    )
  }
  return [
    '-m', optionText(`size=${staticMib}`, {slots: moduleSlots, maxmem: `${maximumMib}M`}),
    ...numaArguments(guest, staticMib),
    ...memoryModules(guest, memoryMib),
  ]
}

const sharedMemoryId = 'virtiofs-mem'

/** A guest without NUMA nodes has one piece of memory, which is this one when others work on it too (`memory-backend` of the machine). */
function sharedMemoryObject(guest: Guest, memoryMib: number): string[] {
  if (!sharesMemory(guest) || readFlag(guest.values['numa']) === true) return []
  return ['-object', memoryBackend(guest, sharedMemoryId, memoryMib)]
}

/** What the machine must be told of memory that is made apart. */
export function memoryMachineFlags(guest: Guest): string[] {
  return sharesMemory(guest) && readFlag(guest.values['numa']) !== true ? [`memory-backend=${sharedMemoryId}`] : []
}

function numaArguments(guest: Guest, memoryMib: number): string[] {
  if (readFlag(guest.values['numa']) !== true) return []
  const nodes = readNumaNodes(guest.values)
  if (nodes.length === 0) return evenNodes(guest, memoryMib)
  const total = nodes.reduce((sum, node) => sum + (node.memoryMib ?? 0), 0)
  if (total !== memoryMib) {
    throw new InvalidInputError(
      `the NUMA nodes have ${total} MiB in all, the guest ${memoryMib}`,
      {numa0: `all nodes together must have ${memoryMib} MiB`},
    )
  }
  return nodes.flatMap(node => {
    const key = `numa${node.id}`
    if (node.memoryMib === undefined) throw new InvalidInputError(`'${key}' does not say its memory`, {[key]: 'needs memory='})
    if (node.hostNodes !== undefined && node.policy === undefined) {
      throw new InvalidInputError(
        `'${key}' names nodes of the host and no policy`,
        {[key]: 'needs policy='},
      )
    }
    const placement = node.hostNodes === undefined ? '' : `,host-nodes=${node.hostNodes.join(',host-nodes=')},policy=${node.policy ?? ''}`
    return numaNode(guest, node.id, node.cpus.join(',cpus='), node.memoryMib, placement)
  })
}

/** Without nodes of its own, each socket is one. */
function evenNodes(guest: Guest, memoryMib: number): string[] {
  const {sockets, cores} = readCpuCount(guest.values)
  return Array.from({length: sockets}, (_, socket) => socket).flatMap(socket => {
    const first = socket * cores
    return numaNode(guest, socket, cores > 1 ? `${first}-${first + cores - 1}` : String(first), memoryMib / sockets)
  })
}

function numaNode(guest: Guest, id: number, cpus: string, memoryMib: number, placement = ''): string[] {
  return [
    '-object', `${memoryBackend(guest, `ram-node${id}`, memoryMib)}${placement}`,
    '-numa', `node,nodeid=${id},cpus=${cpus},memdev=ram-node${id}`,
  ]
}

/** Memory of the host for a part of the guest's: ordinary pages, shared with others where they work on it, or huge ones out of the file system that holds them. */
function memoryBackend(guest: Guest, id: string, sizeMib: number): string {
  const wanted = guest.values['hugepages']
  if (wanted === undefined && sharesMemory(guest)) return optionText('memory-backend-memfd', {id, size: `${sizeMib}M`, share: true})
  if (wanted === undefined) return optionText('memory-backend-ram', {id, size: `${sizeMib}M`})
  const pageMib = hugePageSizeMib(wanted, sizeMib, guest.input.host.hugePageSizesMib)
  return optionText('memory-backend-file', {id, size: `${sizeMib}M`, 'mem-path': hugePageFolder(pageMib), share: true, prealloc: 'yes'})
}

function memoryModules(guest: Guest, memoryMib: number): string[] {
  return hotplugModules(memoryMib, readCpuCount(guest.values).sockets).flatMap(({number, sizeMib, node}) => [
    '-object', memoryBackend(guest, `mem-dimm${number}`, sizeMib),
    '-device', optionText('pc-dimm', {id: `dimm${number}`, memdev: `mem-dimm${number}`, node}),
  ])
}

/** What the guest's CPU can address, with room for devices; never more than 4 TiB. */
function maximumMemoryMib(guest: Guest): number {
  const cpu = readCpu(guest.values['cpu'])
  const hostBits = guest.input.host.physAddressBits ?? 36
  const wanted = cpu['phys-bits'] === 'host' ? hostBits : cpu['phys-bits'] === undefined ? undefined : Number(cpu['phys-bits'])
  const bits = wanted ?? (/^(?:host|max)$/.test(cpu.cputype ?? '') ? hostBits : Math.min(hostBits, 40))
  const evenBits = bits - (bits % 2)
  return Math.min(2 ** (evenBits - 21), 4 * 1024 * 1024)
}

/** There unless `balloon` is 0: it also gives free memory back to the host. */
export function balloonDevices(guest: Guest): string[] {
  if (Number(guest.values['balloon'] ?? 1) === 0) return []
  const reporting = isAtLeast(guest.machine.version, 6, 2) ? {'free-page-reporting': true} : {}
  return ['-device', optionText('virtio-balloon-pci', {id: 'balloon0', ...pciAddress('balloon0', guest), ...reporting})]
}
