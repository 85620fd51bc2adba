// What rbd and ceph tell in JSON, as typed values. Pure; nothing is believed that has another type.
import {ToolError} from '../../base/index.ts'
import type {VolumeSnapshot} from '../storage.ts'

export interface RbdImage {
  readonly name: string
  readonly sizeBytes: number
  /** The image that it is a clone of, with the snapshot. */
  readonly parent?: {readonly image: string; readonly snapshot: string}
}

export interface ToolCall { readonly host: string; readonly argv: readonly string[] }

type Row = Readonly<Record<string, unknown>>

/** The images of `rbd ls -l`; the rows of their snapshots are left out. @throws ToolError when it is something else */
export function parseImages(text: string, call: ToolCall): RbdImage[] {
  return rows(parsed(text, call), call).filter((row) => row['snapshot'] === undefined).map((row) => imageOf(row, row['image'], call))
}

/** `rbd info`. @throws ToolError */
export function parseImage(text: string, call: ToolCall): RbdImage {
  const row = parsed(text, call)
  if (!isRow(row)) throw strange(call)
  return imageOf(row, row['name'], call)
}

/** `rbd snap ls`, in the order in which they were taken. @throws ToolError */
export function parseSnapshots(text: string, call: ToolCall): VolumeSnapshot[] {
  return rows(parsed(text, call), call)
    .toSorted((a, b) => Number(a['id']) - Number(b['id']))
    .map((row) => ({name: textIn(row['name'], call), createdAtMs: timeOf(row['timestamp'])}))
}

/** How many `rbd status` names that have the image open. @throws ToolError */
export function countWatchers(text: string, call: ToolCall): number {
  const row = parsed(text, call)
  if (!isRow(row)) throw strange(call)
  const watchers = row['watchers']
  return isRow(watchers) || Array.isArray(watchers) ? Object.keys(watchers).length : 0
}

/** `rbd namespace ls`. @throws ToolError */
export function parseNamespaces(text: string, call: ToolCall): string[] {
  return rows(parsed(text, call), call).map((row) => textIn(row['name'], call))
}

/** What `ceph df` says of a pool; undefined when it has not been counted yet. @throws ToolError */
export function parsePoolSpace(text: string, pool: string, call: ToolCall): {readonly usedBytes: number; readonly availableBytes: number} | undefined {
  const all = parsed(text, call)
  if (!isRow(all)) throw strange(call)
  const stats = rows(all['pools'], call).find((row) => row['name'] === pool)?.['stats']
  if (!isRow(stats)) return undefined
  // `stored` is what was written, without the copies; what is free is counted without them too.
  return {usedBytes: bytes(stats['stored'] ?? stats['bytes_used'], call), availableBytes: bytes(stats['max_avail'], call)}
}

function imageOf(row: Row, name: unknown, call: ToolCall): RbdImage {
  const {parent} = row
  const found = {name: textIn(name, call), sizeBytes: bytes(row['size'], call)}
  return isRow(parent) ? {...found, parent: {image: textIn(parent['image'], call), snapshot: textIn(parent['snapshot'], call)}} : found
}

/** A time as ctime(3) writes it, in the host's own zone. */
function timeOf(value: unknown): number {
  const time = typeof value === 'string' ? Date.parse(value) : NaN
  return Number.isNaN(time) ? 0 : time
}

function parsed(text: string, call: ToolCall): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw strange(call, error)
  }
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function rows(value: unknown, call: ToolCall): Row[] {
  if (Array.isArray(value) && value.every(isRow)) return value
  throw strange(call)
}

function textIn(value: unknown, call: ToolCall): string {
  if (typeof value === 'string') return value
  throw strange(call)
}

function bytes(value: unknown, call: ToolCall): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw strange(call)
}

function strange({host, argv}: ToolCall, cause?: unknown): ToolError {
  return new ToolError(`${argv[0] ?? 'rbd'} answered with something that is no report`, {host, argv, exitCode: 0, stderr: '', cause})
}
