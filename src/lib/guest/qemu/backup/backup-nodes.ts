// The block nodes through which a disk of a running QEMU is read as it was at one moment (QEMU's QMP reference: copy-before-write, snapshot-access,
// blockdev-backup). The filter lies on top of the drive and copies what the guest is about to overwrite into a fleecing image; the view above it reads the
// old blocks from there and all others from the drive; a job pushes what it reads into an NBD server outside. What fails or stands still there breaks the
// view, never the guest: `on-cbw-error=break-snapshot`. Pure.
import {shownQmp} from '../block-jobs/mirror.ts'

/** A drive of a running machine that gets a filter. */
export interface FilteredDrive {
  readonly key: string
  /** The path of its device in QEMU's object model. */
  readonly device: string
  /** The node on top of the drive, which the filter stands on, and to which the device goes back. */
  readonly root: string
  /** The fleecing image, as blockdev-add takes it but for its name. */
  readonly fleecing: Readonly<Record<string, unknown>>
}

/** What QEMU has no device for, and nobody filters: it is read as it is. */
export interface PlainDrive {
  readonly key: string
  /** As blockdev-add takes it but for its name. */
  readonly node: Readonly<Record<string, unknown>>
}

/** By drive; at most 31 characters. */
export const fleecingNode = (key: string): string => `bf-${key}`
export const filterNode = (key: string): string => `bc-${key}`
/** What is read of a drive. */
export const viewNode = (key: string): string => `bs-${key}`
export const targetNode = (key: string): string => `bt-${key}`
export const backupJob = (key: string): string => `backup-${key}`

/** As vzdump's `performance` says. QEMU's own 64 keep the guest's requests waiting behind them. */
const usualWorkers = 16
/** How long a write of the guest may wait for the fleecing image; then the backup is given up. */
const oldBlockLimitSeconds = 45

export interface MonitorCommand { readonly execute: string; readonly arguments: Readonly<Record<string, unknown>> }

/** While the machine stands still, so that all drives are of one moment. */
export function insertCommands({key, device, root, fleecing}: FilteredDrive): MonitorCommand[] {
  return [
    {execute: 'blockdev-add', arguments: {...fleecing, 'node-name': fleecingNode(key)}},
    {
      execute: 'blockdev-add',
      arguments: {driver: 'copy-before-write', 'node-name': filterNode(key), file: root, target: fleecingNode(key), 'on-cbw-error': 'break-snapshot', 'cbw-timeout': oldBlockLimitSeconds},
    },
    {execute: 'qom-set', arguments: {path: device, property: 'drive', value: filterNode(key)}},
    {execute: 'blockdev-add', arguments: {driver: 'snapshot-access', 'node-name': viewNode(key), file: filterNode(key)}},
  ]
}

export function plainCommand({key, node}: PlainDrive): MonitorCommand {
  return {execute: 'blockdev-add', arguments: {...node, 'node-name': viewNode(key)}}
}

/** @param present the nodes that there are: each of the commands may have been done before */
export function removeCommands({key, device, root}: Pick<FilteredDrive, 'key' | 'device' | 'root'>, present: ReadonlySet<string>): MonitorCommand[] {
  return [
    ...deleted([targetNode(key), viewNode(key)], present),
    ...(present.has(filterNode(key)) ? [{execute: 'qom-set', arguments: {path: device, property: 'drive', value: root}}] : []),
    ...deleted([filterNode(key), fleecingNode(key)], present),
  ]
}

export function deleted(names: readonly string[], present: ReadonlySet<string>): MonitorCommand[] {
  return names.filter((name) => present.has(name)).map((name) => ({execute: 'blockdev-del', arguments: {'node-name': name}}))
}

export interface PushWish {
  readonly key: string
  /** Of the server that takes the disk under its key's name. */
  readonly socket: string
  /** How many requests are under way at once; undefined: as many as usual. */
  readonly maxWorkers: number | undefined
  /** A bitmap on the view, of what alone is pushed. */
  readonly bitmap?: string | undefined
}

export function targetCommand({key, socket}: Pick<PushWish, 'key' | 'socket'>): MonitorCommand {
  return {execute: 'blockdev-add', arguments: {driver: 'nbd', 'node-name': targetNode(key), server: {type: 'unix', path: socket}, export: key}}
}

/** The job is not dismissed by itself: why it failed can then still be asked. */
export function pushCommand({key, maxWorkers, bitmap}: Pick<PushWish, 'key' | 'maxWorkers' | 'bitmap'>): MonitorCommand {
  return {
    execute: 'blockdev-backup',
    arguments: {
      'job-id': backupJob(key), device: viewNode(key), target: targetNode(key), ...(bitmap === undefined ? {sync: 'full'} : {sync: 'bitmap', bitmap, 'bitmap-mode': 'never'}), 'auto-dismiss': false,
      'x-perf': {'max-workers': maxWorkers ?? usualWorkers},
    },
  }
}

export function shownCommand({execute, arguments: args}: MonitorCommand): string {
  return shownQmp(execute, args)
}

/** Pure: the sizes of nodes in the answer to query-named-block-nodes. */
export function readNodeSizes(answer: unknown): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>()
  for (const item of Array.isArray(answer) ? answer as readonly unknown[] : []) {
    if (typeof item !== 'object' || item === null) continue
    const {'node-name': name, image} = item as Record<string, unknown>
    const size: unknown = typeof image === 'object' && image !== null ? (image as Record<string, unknown>)['virtual-size'] : undefined
    if (typeof name === 'string' && typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) sizes.set(name, size)
  }
  return sizes
}

/** The device of a drive, and the node on top of it. */
export interface DrivePosition { readonly device: string; readonly root: string; readonly sizeBytes: number }

/** Pure: what each filter stands on, by drive, in the answer to x-debug-query-block-graph. QEMU tells it nowhere else, and names nodes of -drive anew in each run. */
export function readFilterRoots(answer: unknown): ReadonlyMap<string, string> {
  const {nodes, edges} = (typeof answer === 'object' && answer !== null ? answer : {}) as {nodes?: unknown; edges?: unknown}
  const names = new Map(objectsOf(nodes).map(({id, name}) => [id, name]))
  return new Map(objectsOf(edges).flatMap(({parent, child, name}) => {
    const [filter, root] = [names.get(parent), names.get(child)]
    return name === 'file' && typeof filter === 'string' && filter.startsWith(filterNode('')) && typeof root === 'string' ? [[filter.slice(filterNode('').length), root] as const] : []
  }))
}

function objectsOf(list: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(list) ? list.filter((item: unknown): item is Record<string, unknown> => typeof item === 'object' && item !== null) : []
}

/** Pure: where a drive is in the answer to query-block; undefined when this QEMU does not have it. */
export function readDrivePosition(answer: unknown, key: string): DrivePosition | undefined {
  for (const item of Array.isArray(answer) ? answer as readonly unknown[] : []) {
    if (typeof item !== 'object' || item === null) continue
    const {device, qdev, inserted} = item as Record<string, unknown>
    const {'node-name': node, image} = (typeof inserted === 'object' && inserted !== null ? inserted : {}) as Record<string, unknown>
    if (typeof node !== 'string' || typeof qdev !== 'string' || (device !== `drive-${key}` && node !== `drive-${key}`)) continue
    const size: unknown = typeof image === 'object' && image !== null ? (image as Record<string, unknown>)['virtual-size'] : undefined
    if (typeof size !== 'number' || !Number.isSafeInteger(size)) return undefined
    // A virtio device has its disk in a part of its own, whose property is the device's.
    return {device: qdev.replace(/\/virtio-backend$/, ''), root: node, sizeBytes: size}
  }
  return undefined
}
