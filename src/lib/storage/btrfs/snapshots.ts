// Snapshots of raw disks and folders of containers: subvolumes beside the disk's own, `vm-100-disk-0@name`, which are not written any more. Those of qcow2 images are dir's.
import {ConflictError, NotFoundError, ToolError, UnsupportedError} from '../../base/index.ts'
import {checkSnapshotName} from '../snapshot-name.ts'
import type {VolumeId, VolumeName, VolumeSnapshot, VolumeSnapshots} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {deleteArgv, snapshotArgv, syncArgv} from './btrfs-argv.ts'
import type {BtrfsStorage} from './folder.ts'
import {parsed, runBtrfs} from './folder.ts'
import {guestFolder, isSubvolumeDisk, snapshotIn, subvolumePath} from './layout.ts'

/** The names of a disk's snapshots. */
export async function snapshotNames(on: BtrfsStorage, name: VolumeName): Promise<string[]> {
  const entries = await on.host.files.list(guestFolder(on.options.layout, name.vmid ?? 0))
  return entries.flatMap((entry) => snapshotIn(entry, name.base) ?? [])
}

export function btrfsSnapshots({on}: {readonly on: BtrfsStorage}): VolumeSnapshots {
  const {snapshots: images} = on.files
  if (images === undefined) throw new UnsupportedError('a folder has snapshots of qcow2 images')
  const isDisk = (id: VolumeId) => isSubvolumeDisk(parsed(on, id))
  return {
    list: (id) => isDisk(id) ? list(on, id) : images.list(id),
    create: (id, name) => isDisk(id) ? create(on, id, name) : images.create(id, name),
    rollback: (id, name) => isDisk(id) ? rollback(on, id, name) : images.rollback(id, name),
    remove: (id, name) => isDisk(id) ? remove(on, id, name) : images.remove(id, name),
  }
}

async function pathOfDisk(on: BtrfsStorage, id: VolumeId): Promise<string> {
  const path = subvolumePath(on.options.layout, parsed(on, id))
  if (await on.host.files.stat(path) === undefined) throw new NotFoundError(`there is no volume ${formatVolumeId(id)}`)
  return path
}

async function list(on: BtrfsStorage, id: VolumeId): Promise<VolumeSnapshot[]> {
  await pathOfDisk(on, id)
  const name = parsed(on, id)
  const found: {name: string; createdAtMs: number; generation: number}[] = []
  for (const snapshot of await snapshotNames(on, name)) {
    const {stdout} = await on.host.run(['btrfs', 'subvolume', 'show', '--', subvolumePath(on.options.layout, name, snapshot)])
    found.push({name: snapshot, ...parseSubvolume(stdout)})
  }
  return found.toSorted((a, b) => a.generation - b.generation).map(({name: snapshot, createdAtMs}) => ({name: snapshot, createdAtMs}))
}

/** What `btrfs subvolume show` says of when it was made: the time, and the file system's own count, which tells two of a second apart. */
export function parseSubvolume(text: string): {readonly createdAtMs: number; readonly generation: number} {
  const time = Date.parse((/^[ \t]{0,9}Creation time:[ \t]{1,9}(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4})$/m.exec(text)?.[1] ?? '').replace(/^(\S+) (\S+) ([+-]\d\d)(\d\d)$/, '$1T$2$3:$4'))
  const generation = Number(/^[ \t]{0,9}Gen at creation:[ \t]{1,9}(\d{1,15})$/m.exec(text)?.[1] ?? NaN)
  return {createdAtMs: Number.isNaN(time) ? 0 : time, generation: Number.isNaN(generation) ? 0 : generation}
}

async function create(on: BtrfsStorage, id: VolumeId, name: string): Promise<void> {
  const target = subvolumePath(on.options.layout, parsed(on, id), checkSnapshotName(name))
  const source = await pathOfDisk(on, id)
  const taken = (cause?: unknown) => new ConflictError(`${formatVolumeId(id)} has a snapshot '${name}' already`, {cause})
  // An existing folder would be taken for the place in which to make it.
  if (await on.host.files.stat(target) !== undefined) throw taken()
  try {
    await runBtrfs(on, snapshotArgv(source, target, {readOnly: true}))
  } catch (error) {
    if (error instanceof ToolError && /already exists|File exists/.test(error.failure.stderr)) throw taken(error)
    throw error
  }
  await on.host.run(syncArgv(target))
}

/**
 * A copy of the snapshot takes the disk's place. Until it does, the disk is there as it was; one that was killed between the last two steps is
 * gone on with by the next call.
 */
async function rollback(on: BtrfsStorage, id: VolumeId, name: string): Promise<void> {
  const {files} = on.host
  const parsedName = parsed(on, id)
  const path = subvolumePath(on.options.layout, parsedName)
  const copy = `${path}.rollback`
  const source = subvolumePath(on.options.layout, parsedName, checkSnapshotName(name))
  if (await files.stat(source) === undefined) throw new NotFoundError(`${formatVolumeId(id)} has no snapshot '${name}'`)
  if (await files.stat(copy) !== undefined) await runBtrfs(on, deleteArgv(copy))
  await runBtrfs(on, snapshotArgv(source, copy, {readOnly: false}))
  if (await files.stat(path) !== undefined) await runBtrfs(on, deleteArgv(path))
  await files.rename(copy, path)
  await on.host.run(syncArgv(path))
}

async function remove(on: BtrfsStorage, id: VolumeId, name: string): Promise<void> {
  const path = subvolumePath(on.options.layout, parsed(on, id), checkSnapshotName(name))
  if (await on.host.files.stat(path) !== undefined) await runBtrfs(on, deleteArgv(path))
}
