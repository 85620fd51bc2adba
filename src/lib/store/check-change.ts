// What every backend refuses before it touches its data: wrong paths, oversized files, contradictory changes, senseless times.
import {InvalidInputError} from '../base/index.ts'
import {maxChangeBytes, maxChangePaths, maxFileBytes} from './store.ts'
import type {Change} from './store.ts'

const maxPathBytes = 255
const minLeaseMs = 100
const maxLeaseMs = 24 * 60 * 60 * 1000
const segmentPattern = /^[A-Za-z0-9._:@+~-]+$/

/** @throws InvalidInputError when it is not a path of the form that store.ts describes; `what` names it in the message. */
export function checkPath(path: string, what = 'path'): void {
  const reason = pathFault(path)
  if (reason !== undefined) throw new InvalidInputError(`the ${what} ${quoted(path)} ${reason}`, {[what]: reason})
}

/** The prefix without a slash at its end; the empty one means the whole store. @throws InvalidInputError */
export function checkPrefix(prefix: string): string {
  const trimmed = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix
  if (trimmed !== '') checkPath(trimmed, 'prefix')
  return trimmed
}

/** True for the file `prefix` itself and for all files below it. */
export function isUnderPrefix(path: string, prefix: string): boolean {
  return prefix === '' || path === prefix || path.startsWith(`${prefix}/`)
}

/** The folders that a path implies: `a/b/c` → `a`, `a/b`. */
export function foldersOf(path: string): string[] {
  const segments = path.split('/')
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'))
}

/** What a file counts towards maxStoreBytes. */
export function storedBytes(path: string, data: string): number {
  return path.length + Buffer.byteLength(data)
}

/** @throws InvalidInputError naming the first path that is wrong */
export function checkChange(change: Change): void {
  const puts = Object.entries(change.put ?? {})
  const removes = change.remove ?? []
  const paths = new Set([...Object.keys(change.expect ?? {}), ...puts.map(([path]) => path), ...removes])
  if (paths.size > maxChangePaths) {
    throw new InvalidInputError(`one change may name at most ${maxChangePaths} paths, not ${paths.size}`)
  }
  for (const path of paths) checkPath(path)
  for (const [path, revision] of Object.entries(change.expect ?? {})) {
    if (revision !== null && !Number.isSafeInteger(revision)) {
      throw new InvalidInputError(`the revision expected of '${path}' must be a whole number or null, not ${String(revision)}`)
    }
  }
  for (const path of removes) {
    if (Object.hasOwn(change.put ?? {}, path)) throw new InvalidInputError(`the change both writes and removes '${path}'`)
  }
  for (const [path] of puts) {
    const folder = foldersOf(path).find((candidate) => Object.hasOwn(change.put ?? {}, candidate))
    if (folder !== undefined) throw new InvalidInputError(`the change writes '${folder}' both as a file and as the folder of '${path}'`)
  }
  let totalBytes = 0
  for (const [path, data] of puts) totalBytes += checkData(path, data)
  if (totalBytes > maxChangeBytes) {
    throw new InvalidInputError(`one change may hold at most ${maxChangeBytes / 1024 / 1024} MiB, not ${totalBytes} bytes`)
  }
  for (const {lock} of change.fences ?? []) if (lock !== undefined) checkPath(lock, 'lock')
}

/** @throws InvalidInputError when a watch cannot start from it */
export function checkRevision(revision: number): void {
  if (!Number.isSafeInteger(revision) || revision < 0) throw new InvalidInputError(`${revision} is not a revision of the store`)
}

/** @throws InvalidInputError */
export function checkLeaseTime(ttlMs: number): void {
  if (!Number.isInteger(ttlMs) || ttlMs < minLeaseMs || ttlMs > maxLeaseMs) {
    throw new InvalidInputError(`the time to live of a lease must be ${minLeaseMs} to ${maxLeaseMs} ms, not ${ttlMs}`)
  }
}

/** The data's size. @throws InvalidInputError */
function checkData(path: string, data: string): number {
  const sizeBytes = Buffer.byteLength(data)
  if (sizeBytes > maxFileBytes) {
    throw new InvalidInputError(`the file '${path}' would have ${sizeBytes} bytes; a file in the store may have at most 1 MiB`)
  }
  if (data.includes('\0')) throw new InvalidInputError(`the data for '${path}' contains a NUL character`)
  if (!isWellFormed(data)) throw new InvalidInputError(`the data for '${path}' is not valid Unicode text`)
  return sizeBytes
}

/** Half a surrogate pair cannot be written as UTF-8: it would come back as another character. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}

function pathFault(path: string): string | undefined {
  if (path === '') return 'is empty'
  if (Buffer.byteLength(path) > maxPathBytes) return `is longer than ${maxPathBytes} bytes`
  if (path.startsWith('/')) return 'must be relative, without a slash at its beginning'
  for (const segment of path.split('/')) {
    if (segment === '') return 'has an empty part between slashes'
    if (segment === '.' || segment === '..') return `may not contain '${segment}'`
    if (!segmentPattern.test(segment)) return 'may only contain letters, digits, slashes and . _ - : @ + ~'
  }
  return undefined
}

/** In quotes, shortened, with control characters made visible: the text may come from anywhere. */
function quoted(text: string): string {
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text
  return `'${JSON.stringify(shown).slice(1, -1)}'`
}
