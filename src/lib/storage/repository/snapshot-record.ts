// A file of `snapshots/`: what was backed up when, and the tree in which it is found. Pure; sealing is not its own. The layout is that of restic's design document
// ("Trees and Data"). One backup of a guest is one snapshot, whose host name is the node.
import {InvalidInputError} from '../../base/index.ts'
import {idOf, listOf, parseObject, textOf} from './json-records.ts'

export interface SnapshotRecord {
  readonly takenAtMs: number
  /** The identifier of the root's tree. */
  readonly tree: string
  /** The snapshot that this one was compared with. */
  readonly parent?: string
  /** The snapshot that this one was at first, before its tags were changed: files never change, so there is a new one for it. */
  readonly original?: string
  readonly hostname: string
  readonly username: string
  /** Absolute paths of what was backed up. */
  readonly paths: readonly string[]
  readonly tags: readonly string[]
}

/** As JSON, before it is sealed. */
export function formatSnapshot({takenAtMs, tree, parent, original, hostname, username, paths, tags}: SnapshotRecord): Buffer {
  return Buffer.from(JSON.stringify({time: new Date(takenAtMs).toISOString(), ...(parent === undefined ? {} : {parent}), tree, paths, hostname, username, ...(tags.length === 0 ? {} : {tags}), ...(original === undefined ? {} : {original})}))
}

/** @throws InvalidInputError */
export function parseSnapshot(data: Buffer): SnapshotRecord {
  const fields = parseObject(data, 'a snapshot')
  const text = (value: unknown): string => textOf(value, 'a snapshot')
  const takenAtMs = Date.parse(text(fields['time']))
  if (Number.isNaN(takenAtMs)) throw new InvalidInputError('a snapshot of the repository has no date')
  const link = (name: 'parent' | 'original') => fields[name] === undefined || fields[name] === null ? {} : {[name]: idOf(fields[name], `the ${name} of a snapshot`)}
  return {
    takenAtMs, tree: idOf(fields['tree'], 'the tree of a snapshot'), ...link('parent'), ...link('original'),
    hostname: text(fields['hostname'] ?? ''), username: text(fields['username'] ?? ''), paths: listOf(fields['paths'], 'a snapshot', text), tags: listOf(fields['tags'], 'a snapshot', text),
  }
}
