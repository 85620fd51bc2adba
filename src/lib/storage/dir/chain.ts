// Snapshots as a chain of files (the option snapshot-as-volume-chain): the disk is always the newest file, under its own name; what was written before a
// snapshot lies in `snap-<snapshot>-<disk>` beside it, on which it stands. Names are Proxmox VE's. Headers are read, as everywhere, by us.
import {dirname, resolve} from 'node:path'
import {ConflictError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {headerBytes, parseImageHeader} from './image-header.ts'

/** With the disk itself as many as checkBacking follows. */
export const maxSnapshotsInChain = 60

export interface ChainLink {
  readonly snapshot: string
  readonly path: string
  readonly sizeBytes: number
  readonly createdAtMs: number
}

export interface Chain {
  /** Of the disk itself. */
  readonly sizeBytes: number
  /** The newest first. */
  readonly links: readonly ChainLink[]
  /** What the oldest file stands on, as that says it: the base of a linked clone. */
  readonly foundation?: {readonly backing: string; readonly format: string}
}

/** Pure: the file of a snapshot of a disk. */
export function chainFile(base: string, snapshot: string): string {
  return `snap-${snapshot}-${base}`
}

/** Pure: whether a file in a guest's folder is a snapshot and no disk. */
export function isChainFile(file: string): boolean {
  return file.startsWith('snap-') && file.endsWith('.qcow2')
}

/** Which snapshot a backing file is of a disk, by the names of both; undefined for what is none. Pure. */
export type SnapshotOfName = (backing: string, base: string) => string | undefined

/** For snapshots that are files beside the disk. */
function snapshotOfFile(backing: string, base: string): string | undefined {
  const [start, end] = ['snap-', `-${base}`]
  const name = backing.startsWith(start) && backing.endsWith(end) ? backing.slice(start.length, -end.length) : ''
  return /^[a-zA-Z][a-zA-Z0-9_-]{0,39}$/.test(name) ? name : undefined
}

/** Follows the files that a disk stands on by what their headers say. @throws NotFoundError for one that is not there, ConflictError for a loop */
export async function readChain(host: Host, path: string, snapshotOf: SnapshotOfName = snapshotOfFile): Promise<Chain> {
  const base = path.slice(path.lastIndexOf('/') + 1)
  const links: ChainLink[] = []
  const head = await headerOf(host, path)
  let current = head
  for (;;) {
    const snapshot = snapshotOf(current.backing ?? '', base)
    if (snapshot === undefined || current.backing === undefined) break
    if (links.length > maxSnapshotsInChain) throw new ConflictError(`${path} stands on more than ${maxSnapshotsInChain} snapshots`)
    const below = resolve(dirname(path), current.backing)
    current = await headerOf(host, below)
    links.push({snapshot, path: below, sizeBytes: current.virtualSizeBytes, createdAtMs: (await host.files.stat(below))?.mtimeMs ?? 0})
  }
  const {backing, backingFormat} = current
  return {sizeBytes: head.virtualSizeBytes, links, ...(backing === undefined ? {} : {foundation: {backing, format: backingFormat ?? 'qcow2'}})}
}

async function headerOf(host: Host, path: string) {
  return parseImageHeader('qcow2', await host.files.readAt(path, 0, headerBytes))
}
