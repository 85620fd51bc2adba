// Plugs parts into a running QEMU and takes them out. What is there already, or gone already, is passed over: a change that was cut off is
// finished by repeating it. Device removal is a request to the guest; QEMU tells by an event when it is gone, or that the guest refused.
import {ConflictError, ToolError, UnavailableError} from '../../../base/index.ts'
import type {QmpClient, QmpEvent} from '../qmp/index.ts'
import {removeUnused} from '../snapshots/chains/unused-nodes.ts'
import {needsGuest, removalOrder} from './machine-parts.ts'
import type {MachinePart} from './machine-parts.ts'
import {addCommand, removeCommand} from './part-commands.ts'

/** How long a guest may take to let go of a device. Proxmox VE waits five seconds; an emulated processor is slower. */
const removalTimeoutMs = 10_000
const lookIntervalMs = 250

/** @throws ToolError when QEMU refuses a part; UnavailableError */
export async function plugParts(parts: readonly MachinePart[], client: QmpClient): Promise<void> {
  const present = await presentParts(client)
  for (const part of parts) {
    if (present(part)) continue
    await add(part, client)
  }
}

/** @throws ConflictError when the guest does not let go of a device; ToolError, UnavailableError */
export async function unplugParts(parts: readonly MachinePart[], client: QmpClient): Promise<void> {
  if (parts.some(needsGuest)) await refuseUnlessAwake(client)
  const drives = parts.filter(({option}) => option === '-drive')
  const imageNodes = drives.length === 0 ? [] : imageNodesOf(await client.execute('query-block'), drives.map(({id}) => id))
  for (const part of removalOrder(parts)) {
    // Looked at anew each time: what goes with a controller, or with its device, is gone by then.
    if (part.option === '-netdev' || (await presentParts(client))(part)) await remove(part, client)
  }
  if (imageNodes.length > 0) await removeNodes(imageNodes, client)
  for (const {option, id} of parts) if ((option === '-drive' || option === '-blockdev') && id.startsWith('drive-')) await removeUnused(client, id.slice('drive-'.length))
}

/** A disk that was moved while the machine ran stands on nodes of the monitor, which do not go with its drive and would keep the volume open. */
async function removeNodes(nodes: readonly string[], client: QmpClient): Promise<void> {
  const left = await names(client, 'query-named-block-nodes', 'node-name', {flat: true})
  for (const node of nodes) if (left.has(node)) await whenLetGo(() => client.execute('blockdev-del', {'node-name': node}))
}

/** The nodes that drives stand on. @param answer of `query-block` */
export function imageNodesOf(answer: unknown, drives: readonly string[]): string[] {
  if (!Array.isArray(answer)) return []
  return (answer as ({device?: unknown; inserted?: {'node-name'?: unknown}} | null)[]).flatMap((entry) => {
    const node = entry?.inserted?.['node-name']
    return typeof node === 'string' && typeof entry?.device === 'string' && drives.includes(entry.device) ? [node] : []
  })
}

/** A guest whose processors are halted answers no request, and would do what was asked of it whenever it goes on. */
async function refuseUnlessAwake(client: QmpClient): Promise<void> {
  const {running} = await client.execute('query-status') as {running?: unknown}
  if (running !== true) throw new ConflictError('the machine is paused, so the guest cannot let go of it')
}

async function add(part: MachinePart, client: QmpClient): Promise<void> {
  const {execute, arguments: args} = addCommand(part)
  try {
    const answer = await client.execute(execute, args, {timeoutMs: removalTimeoutMs})
    if (part.option === '-drive') refuseHumanAnswer(answer)
  } catch (error) {
    // A backend that was left without its card cannot be seen, only run into.
    if (part.option !== '-netdev' || !(error instanceof ToolError) || !/duplicate/i.test(error.message)) throw error
    await remove(part, client)
    await client.execute(execute, args)
  }
}

/** The human monitor answers in words; `OK` is the word for success. */
function refuseHumanAnswer(answer: unknown): void {
  const words = typeof answer === 'string' ? answer.trim() : ''
  if (words !== '' && words !== 'OK') throw new ConflictError(`QEMU refused the drive: ${words.slice(0, 500).replace(/\s+/g, ' ')}`)
}

async function remove(part: MachinePart, client: QmpClient): Promise<void> {
  if (part.option === '-device') return removeDevice(part, client)
  const {execute, arguments: args} = removeCommand(part)
  try {
    await whenLetGo(() => client.execute(execute, args))
  } catch (error) {
    if (part.option !== '-netdev' || !(error instanceof ToolError) || error.data['errorClass'] !== 'DeviceNotFound' && !/not found/i.test(error.message)) throw error
  }
}

/** A device that is gone from QEMU's list may have its drive for some moments more, until QEMU has cleared up after it. */
async function whenLetGo(work: () => Promise<unknown>): Promise<void> {
  const endMs = performance.now() + removalTimeoutMs
  for (;;) {
    try {
      await work()
      return
    } catch (error) {
      if (!(error instanceof ToolError) || !/ (?:is|are) (?:still )?(?:in use|busy)\b/i.test(error.message) || performance.now() > endMs) throw error
    }
    await new Promise(resolve => { setTimeout(resolve, lookIntervalMs) })
  }
}

async function removeDevice(part: MachinePart, client: QmpClient): Promise<void> {
  const seen: QmpEvent[] = []
  const stop = client.onEvent(event => { seen.push(event) })
  try {
    await requestRemoval(part, client)
    const endMs = performance.now() + removalTimeoutMs
    for (;;) {
      const refusal = seen.find(event => isRefusal(event, part))
      if (refusal !== undefined) throw new ConflictError(`the guest refuses to let go of '${part.id}'`)
      if (seen.some(({name, data}) => name === 'DEVICE_DELETED' && data['device'] === part.id) || !(await presentParts(client))(part)) return
      if (performance.now() > endMs) {
        throw new UnavailableError(`the guest did not let go of '${part.id}' within ${removalTimeoutMs / 1000} s`)
      }
      await new Promise(resolve => { setTimeout(resolve, lookIntervalMs) })
    }
  } finally {
    stop()
  }
}

async function requestRemoval(part: MachinePart, client: QmpClient): Promise<void> {
  const {execute, arguments: args} = removeCommand(part)
  try {
    await client.execute(execute, args)
  } catch (error) {
    // An earlier request that the guest has not answered yet is as good.
    if (!(error instanceof ToolError) || !/already in the process of unplug/.test(error.message)) throw error
  }
}

/** ACPI's status of an ejection is 0 for success, 0x84 for "in progress" and anything else for a refusal (ACPI 6.3, table 6.52). */
function isRefusal({name, data}: QmpEvent, {id}: MachinePart): boolean {
  if (name === 'DEVICE_UNPLUG_GUEST_ERROR' || name === 'MEM_UNPLUG_ERROR') return data['device'] === id
  if (name !== 'ACPI_DEVICE_OST') return false
  const info = data['info'] as {device?: unknown; source?: unknown; status?: unknown} | undefined
  return info?.device === id && (info.source === 3 || info.source === 0x103) && info.status !== 0 && info.status !== 0x84
}

/** What QEMU has, asked once; a network backend is told by the card of the same name in front of it. */
async function presentParts(client: QmpClient): Promise<(part: MachinePart) => boolean> {
  const [devices, objects, nodes, drives, chardevs] = await Promise.all([
    children(client, '/machine/peripheral'), children(client, '/objects'),
    names(client, 'query-named-block-nodes', 'node-name', {flat: true}), names(client, 'query-block', 'device'), names(client, 'query-chardev', 'label'),
  ])
  const found: Readonly<Record<MachinePart['option'], ReadonlySet<string>>> = {
    '-device': devices, '-netdev': devices, '-object': objects, '-blockdev': nodes, '-drive': drives, '-chardev': chardevs,
  }
  return ({option, id}) => found[option].has(id)
}

async function children(client: QmpClient, path: string): Promise<ReadonlySet<string>> {
  return named(await client.execute('qom-list', {path}), 'name')
}

async function names(client: QmpClient, command: string, field: string, args?: Readonly<Record<string, unknown>>): Promise<ReadonlySet<string>> {
  return named(await client.execute(command, args), field)
}

function named(list: unknown, field: string): ReadonlySet<string> {
  if (!Array.isArray(list)) return new Set()
  return new Set(list.flatMap((entry: unknown) => {
    const name: unknown = typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>)[field] : undefined
    return typeof name === 'string' ? [name] : []
  }))
}
