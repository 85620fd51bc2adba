// What QEMU notes down about the disks of a running machine between two backups: which pieces were written to (QEMU's manual, "Dirty Bitmaps and Incremental Backup").
// Pure.
//
// A bitmap is named after the repository and the backup since which it counts, and lives in the QEMU process alone. Each backup begins one of its own at its moment and
// leaves the one before it as it is until it has succeeded; so a backup that fails has only its own to remove, and nothing has to be put back. Which backup a bitmap
// belongs to is in its name, and the backup has to be in the repository: a bitmap that belongs to none is never read, and removed by the next backup.
import type {MonitorCommand} from './backup-nodes.ts'
import {viewNode} from './backup-nodes.ts'

/** As large as the pieces in a repository, so that each piece is read whole or not at all. QEMU takes any power of two. */
const granularityBytes = 4 * 1024 * 1024
/** On the view, of what the job reads. */
export const changedBitmap = 'changed'
const idDigits = 16

/** Which bitmaps are of this repository. */
export function bitmapPrefix(repositoryId: string): string {
  return `corral-${repositoryId.slice(0, idDigits)}-`
}

/** @param takenAtMs the time of the backup, which is in whole seconds in its name */
export function bitmapName(repositoryId: string, takenAtMs: number): string {
  return `${bitmapPrefix(repositoryId)}${Math.floor(takenAtMs / 1000)}`
}

export interface NodeBitmap {
  readonly node: string
  readonly name: string
  readonly isUsable: boolean
}

/** In the answer to query-named-block-nodes. One that was not recorded all the time, or has another granularity, is not usable. */
export function readBitmaps(answer: unknown): readonly NodeBitmap[] {
  return objectsOf(answer).flatMap(({'node-name': node, 'dirty-bitmaps': bitmaps}) => objectsOf(bitmaps).flatMap(({name, recording, busy, inconsistent, granularity}) => {
    if (typeof node !== 'string' || typeof name !== 'string' || name === '') return []
    return [{node, name, isUsable: recording === true && busy !== true && inconsistent !== true && granularity === granularityBytes}]
  }))
}

/** A drive whose changes are noted down. */
export interface TrackedDrive {
  readonly key: string
  /** The node on top of the drive. */
  readonly root: string
}

export interface BitmapWish {
  /** The one that begins. */
  readonly name: string
  /** The one of the backup before; absent for drives that have none, which are read whole. */
  readonly since: {readonly name: string; readonly keys: readonly string[]} | undefined
}

/** While the machine stands still and the views are there: all of it or nothing. */
export function beginBitmaps(drives: readonly TrackedDrive[], {name, since}: BitmapWish): MonitorCommand {
  const add = (node: string, bitmap: string) => ({type: 'block-dirty-bitmap-add', data: {node, name: bitmap, granularity: granularityBytes}})
  return {execute: 'transaction', arguments: {actions: drives.flatMap(({key, root}) => [
    add(root, name),
    ...(since?.keys.includes(key) === true ? [
      add(viewNode(key), changedBitmap),
      {type: 'block-dirty-bitmap-merge', data: {node: viewNode(key), target: changedBitmap, bitmaps: [{node: root, name: since.name}]}},
    ] : []),
  ])}}
}

export function removeBitmap({node, name}: Pick<NodeBitmap, 'node' | 'name'>): MonitorCommand {
  return {execute: 'block-dirty-bitmap-remove', arguments: {node, name}}
}

/**
 * The newest backup from which on changes of a drive were noted down.
 * @param takenAtMs of the backups of this machine that the repository has
 * @param keys those of the drives that have a bitmap of it
 */
export function newestTracked(repositoryId: string, takenAtMs: readonly number[], drives: readonly TrackedDrive[], bitmaps: readonly NodeBitmap[]): {readonly takenAtMs: number; readonly name: string; readonly keys: readonly string[]} | undefined {
  for (const time of [...takenAtMs].sort((a, b) => b - a)) {
    const name = bitmapName(repositoryId, time)
    const keys = drives.filter(({root}) => bitmaps.some((bitmap) => bitmap.node === root && bitmap.name === name && bitmap.isUsable)).map(({key}) => key)
    if (keys.length > 0) return {takenAtMs: time, name, keys}
  }
  return undefined
}

function objectsOf(list: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(list) ? list.filter((item: unknown): item is Record<string, unknown> => typeof item === 'object' && item !== null) : []
}
