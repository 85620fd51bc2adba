// Snapshots of disks on a folder that keeps them as a chain of files (chain.ts). A disk is under its own name, whole, at every moment but between two
// renames; what was cut off there is put right by the removal of the snapshot, which is the undo.
import {dirname, resolve} from 'node:path'
import {ConflictError, NotFoundError, ToolError, UnavailableError, UnsupportedError} from '../../base/index.ts'
import {checkSnapshotName} from '../snapshot-name.ts'
import type {ChainFiles, OpenChains, VolumeId, VolumeSnapshots} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {checkBacking} from './backing.ts'
import {chainFile, maxSnapshotsInChain, readChain} from './chain.ts'
import type {Chain} from './chain.ts'
import {createOverlayArgv, rebaseArgv, useArgv} from './qemu-img.ts'
import type {SnapshotPlace} from './snapshots.ts'

const timeoutMs = 24 * 3600_000

export function chainSnapshots(place: SnapshotPlace): VolumeSnapshots {
  const {host: {files}} = place
  const newest = async (id: VolumeId, name: string) => {
    const {links} = await chainOf(place, id)
    const index = links.findIndex(({snapshot}) => snapshot === checkSnapshotName(name))
    const link = links[index]
    if (link === undefined) throw new NotFoundError(`${formatVolumeId(id)} has no snapshot '${name}'`)
    if (index === 0) return link
    const newer = links.slice(0, index).map(({snapshot}) => snapshot).join(', ')
    throw new ConflictError(`${formatVolumeId(id)} can only go back to its newest snapshot: a chain of volumes would lose ${newer}`, {nextSteps: ['Remove the newer ones first, or clone the guest from the snapshot.']})
  }
  return {
    list: async (id) => (await chainOf(place, id)).links.toReversed().map(({snapshot, createdAtMs}) => ({name: snapshot, createdAtMs})),
    create: async (id, name) => {
      const {path, target, sizeBytes} = await newSnapshot(place, id, name)
      await checkNotInUse(place, id, path)
      const overlay = await newOverlay(place, path, target, sizeBytes)
      await files.rename(path, target)
      await files.rename(overlay, path)
      await sync(place, dirname(path))
    },
    checkRollback: async (id, name) => { await newest(id, name) },
    rollback: async (id, name) => {
      const path = pathOfImage(place, id)
      const link = await newest(id, name)
      await checkNotInUse(place, id, path)
      await files.rename(await newOverlay(place, path, link.path, link.sizeBytes), path)
      await sync(place, dirname(path))
    },
    remove: async (id, name) => remove(place, id, checkSnapshotName(name)),
  }
}

/** @throws ConflictError when there is one by that name, or too many */
async function newSnapshot(place: SnapshotPlace, id: VolumeId, name: string): Promise<{readonly path: string; readonly target: string; readonly sizeBytes: number}> {
  const path = pathOfImage(place, id)
  const target = snapshotPath(path, checkSnapshotName(name))
  const {links, sizeBytes} = await chainOf(place, id)
  if (links.some(({snapshot}) => snapshot === name) || await place.host.files.stat(target) !== undefined) throw new ConflictError(`${formatVolumeId(id)} has a snapshot '${name}' already`)
  if (links.length >= maxSnapshotsInChain) throw new ConflictError(`${formatVolumeId(id)} has ${links.length} snapshots, and more would make it slow`, {nextSteps: ['Remove one that is not needed.']})
  return {path, target, sizeBytes}
}

/**
 * The same while a QEMU has the disk open. It opens files by their names again whenever a node is made writable or read only, so each name leads to
 * the file that it is open as at every moment: the old file has both names until QEMU goes on in the new one.
 */
export function openChains(place: SnapshotPlace): OpenChains {
  const {host, host: {files}} = place
  const filesOf = (id: VolumeId, name: string): ChainFiles => {
    const disk = pathOfImage(place, id)
    return {disk, snapshot: snapshotPath(disk, checkSnapshotName(name)), overlay: overlayPath(disk)}
  }
  return {
    files: filesOf,
    prepare: async (id, name) => {
      const {path, target, sizeBytes} = await newSnapshot(place, id, name)
      await newOverlay(place, path, target, sizeBytes)
      try {
        await host.run(['ln', '--', path, target], {timeoutMs, diesWithUs: true})
      } catch (error) {
        await files.remove(overlayPath(path))
        if (!(error instanceof ToolError)) throw error
        throw new UnsupportedError(`storage '${id.storage}' lies on a file system that gives a file no second name, so the guest must be off for a snapshot`, {cause: error, nextSteps: ['Shut it down, and take the snapshot then.']})
      }
      await sync(place, dirname(path))
      return filesOf(id, name)
    },
    settle: async (id) => {
      const path = pathOfImage(place, id)
      if (await files.stat(overlayPath(path)) === undefined) return
      await files.rename(overlayPath(path), path)
      await sync(place, dirname(path))
    },
    forget: async (id, name) => {
      const {overlay, snapshot} = filesOf(id, name)
      for (const each of [overlay, snapshot]) await files.remove(each)
    },
    place: async (id, name) => {
      const path = pathOfImage(place, id)
      const {links, foundation} = await chainOf(place, id)
      const index = links.findIndex(({snapshot}) => snapshot === checkSnapshotName(name))
      if (index < 0) return undefined
      const link = links[index + 1]
      const below = link !== undefined ? {path: link.path, named: fileName(link.path)} : foundation === undefined ? undefined : {path: resolve(dirname(path), foundation.backing), named: foundation.backing}
      return {child: links[index - 1]?.path ?? path, ...(below === undefined ? {} : {below})}
    },
  }
}

/** What the snapshot has and its child has not goes into the child, which may be done twice. Then its file is of no use any more. */
async function remove(place: SnapshotPlace, id: VolumeId, name: string): Promise<void> {
  const {files} = place.host
  const path = pathOfImage(place, id)
  const own = snapshotPath(path, name)
  if (await files.stat(path) === undefined) {
    if (await files.stat(own) === undefined) return
    // Taking it was cut off after the first of two renames.
    await files.rename(own, path)
    await sync(place, dirname(path))
    return
  }
  const {links, foundation} = await chainOf(place, id)
  const index = links.findIndex(({snapshot}) => snapshot === name)
  if (index >= 0) {
    const child = links[index - 1]?.path ?? path
    const below = links[index + 1]
    await checkNotInUse(place, id, path)
    await checkBacking(place.host, path, 'qcow2', place.imagesFolder)
    await runQemuImg(place, id, rebaseArgv(child, below === undefined ? foundation : {backing: fileName(below.path), format: 'qcow2'}))
    await sync(place, child)
  }
  if (await files.remove(own)) await sync(place, dirname(path))
}

/** Pure: what a change comes to, to be shown; the sizes and the names of what lies below are known when it is carried out. */
export function chainCommands(what: 'create' | 'rollback' | 'remove', path: string, name: string): string[][] {
  const own = snapshotPath(path, name)
  if (what === 'remove') return [['qemu-img', 'rebase', '-q', '-f', 'qcow2', '-b', '…', '--', '…'], ['rm', '-f', '--', own]]
  const overlay = overlayPath(path)
  const make = ['qemu-img', 'create', '-q', '-f', 'qcow2', '-u', '-F', 'qcow2', '-b', fileName(own), '--', overlay, '…']
  return [make, ...what === 'create' ? [['mv', '--', path, own]] : [], ['mv', '--', overlay, path]]
}

/** Pure. Under this name it is no volume's. */
function overlayPath(path: string): string {
  return `${dirname(path)}/.${fileName(path)}.new`
}

/** Pure. */
export function snapshotPath(path: string, name: string): string {
  return `${dirname(path)}/${chainFile(fileName(path), name)}`
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Pure. @throws UnsupportedError for what is no qcow2 image */
function pathOfImage({parsed, pathOf}: SnapshotPlace, id: VolumeId): string {
  if (parsed(id).content === 'images' && parsed(id).format === 'qcow2') return pathOf(id)
  throw new UnsupportedError(`${formatVolumeId(id)} is no qcow2 image, and only those have snapshots on a storage that is a folder`, {nextSteps: ['Copy it into a qcow2 image first.']})
}

/** @throws NotFoundError */
async function chainOf(place: SnapshotPlace, id: VolumeId): Promise<Chain> {
  const path = pathOfImage(place, id)
  if (await place.host.files.stat(path) === undefined) throw new NotFoundError(`there is no volume ${formatVolumeId(id)}`)
  return readChain(place.host, path)
}

/** A file that stands on `below` and has nothing of its own yet, under a name that is no volume's. What a killed one left there is written over. */
async function newOverlay({host}: SnapshotPlace, path: string, below: string, sizeBytes: number): Promise<string> {
  const overlay = overlayPath(path)
  await host.files.write(overlay, '', {mode: 0o600})
  await host.run(createOverlayArgv(overlay, fileName(below), sizeBytes), {timeoutMs, diesWithUs: true})
  await host.run(['sync', '--', overlay], {timeoutMs})
  return overlay
}

/** @throws ConflictError while a guest or a copy has it open, who would go on writing to the file under its other name */
async function checkNotInUse(place: SnapshotPlace, id: VolumeId, path: string): Promise<void> {
  if (await place.host.files.stat(path) !== undefined) await runQemuImg(place, id, useArgv(path))
}

async function runQemuImg({host}: SnapshotPlace, id: VolumeId, argv: readonly string[]): Promise<void> {
  try {
    await host.run(argv, {timeoutMs, diesWithUs: true})
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    const {stderr} = error.failure
    if (/Failed to get (?:shared )?"[^"\n]{1,32}" lock|Is another process using the image/.test(stderr)) throw new ConflictError(`${formatVolumeId(id)} is in use`, {cause: error})
    if (/No space left on device|Disk quota exceeded/.test(stderr)) throw new UnavailableError(`storage '${id.storage}' has not enough space to take the snapshot's data into what stands on it`, {cause: error})
    throw error
  }
}

async function sync({host}: SnapshotPlace, path: string): Promise<void> {
  await host.run(['sync', '--', path], {timeoutMs})
}
