// The mount space of a container: its root file system and its mount points, mounted where nobody else sees them (docs/containers.md).
import {InvalidInputError, NotFoundError, UnavailableError} from '../../../base/index.ts'
import type {FileTree, MountSpace} from '../../../host/index.ts'
import {openVolume} from '../../../storage/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {hostId} from '../config/index.ts'
import type {IdMap, MountPoint} from '../config/index.ts'
import {containerPaths, mountBase, mountPlace} from '../runtime/paths.ts'
import {withNeededOptions} from './file-system-options.ts'
import {mountArgv} from './mount-argv.ts'
import {takeAttributes} from './take-attributes.ts'

export interface ContainerSpace {
  readonly space: MountSpace
  /** Safe access to the files of the root file system. To be closed by closeContainerSpace. */
  readonly tree: FileTree
}

export interface SpaceWish {
  readonly vmid: number
  readonly map: IdMap
  /** rootfs first. */
  readonly points: readonly MountPoint[]
}

/** Runs something with the container's file systems mounted, and lets go of them whatever happens. */
export async function withContainerSpace<T>(wish: SpaceWish, context: Context, use: (at: ContainerSpace) => Promise<T>): Promise<T> {
  const space = await context.host.openMountSpace()
  try {
    await mountAll(wish, space, context)
    const tree = await context.host.openTree(space.pathOf(containerPaths(context.places, wish.vmid).rootfs))
    try {
      return await use({space, tree})
    } finally {
      tree.close()
    }
  } finally {
    await space.close()
  }
}

async function mountAll({vmid, points, map}: SpaceWish, space: MountSpace, context: Context): Promise<void> {
  if (points[0]?.key !== 'rootfs') throw new InvalidInputError(`container ${vmid} has no root file system`, {rootfs: 'is missing'})
  const {places, signal} = context
  const {rootfs} = containerPaths(places, vmid)
  const placeOf = (key: string) => key === 'rootfs' ? rootfs : mountPlace(places, vmid, key)
  // Sources are looked up before the tmpfs could hide them.
  const mounts = await Promise.all(points.map(async (point) => ({point, source: await sourceOf(point, context)})))
  if (await context.host.files.stat(mountBase) === undefined) await context.host.files.makeDirectory(mountBase, 0o755)
  await space.run(['mount', '-t', 'tmpfs', '-o', 'mode=755,size=1m,nr_inodes=2k,nodev,nosuid', 'tmpfs', mountBase], {signal})
  await space.run(['mkdir', '-p', '--', ...mounts.map(({point}) => placeOf(point.key))], {signal})
  for (const {point, source} of mounts) {
    const stat = await context.host.files.stat(source, {followLinks: true})
    if (stat === undefined) throw new NotFoundError(`${point.key} of container ${vmid}: ${source} does not exist`, {data: {vmid, key: point.key}})
    if (point.type === 'bind' && stat.kind !== 'directory') throw new InvalidInputError(`${point.key} of container ${vmid}: ${source} is no folder`, {[point.key]: 'is no folder'})
    try {
      await space.run(mountArgv(source, stat.kind, placeOf(point.key), await withNeededOptions(point, source, stat.kind, context.host)), {signal, timeoutMs: 60_000})
    } catch (cause) {
      throw new UnavailableError(`${point.key} of container ${vmid} could not be mounted`, {cause, data: {vmid, key: point.key}, nextSteps: stat.kind === 'file' ? [`Check the file system: e2fsck -f ${source}`] : []})
    }
  }
  await makeMountPoints(vmid, points.slice(1), map, space, context)
}

async function sourceOf(point: MountPoint, context: Context): Promise<string> {
  if (point.type !== 'volume') return point.source
  const {storage, id} = await openVolume(point.source, context)
  await storage.activate()
  return storage.attach(id)
}

/** The folders to mount on are made by us, by a walk that follows no links out of the container. */
async function makeMountPoints(vmid: number, points: readonly MountPoint[], map: IdMap, space: MountSpace, {host, places}: Context): Promise<void> {
  if (points.length === 0) return
  const tree = await host.openTree(space.pathOf(containerPaths(places, vmid).rootfs))
  try {
    for (const {path, key, type, readOnly, keepsAttributes} of points) {
      // What lies within another mount point is made there by whoever fills that one.
      if (points.some((other) => other.key !== key && path.startsWith(`${other.path}/`))) continue
      await tree.makeDirectory(path, ownerIn(map))
      const folder = keepsAttributes && type === 'volume' && !readOnly ? await tree.stat(path, {followLinks: true}) : undefined
      if (folder !== undefined) await takeAttributes(mountPlace(places, vmid, key), folder, ownerIn(map), space)
    }
  } finally {
    tree.close()
  }
}

/** The container's root, as the host numbers it. */
export function ownerIn(map: IdMap): {readonly uid: number; readonly gid: number} {
  return {uid: hostId(map, 'u', 0) ?? 0, gid: hostId(map, 'g', 0) ?? 0}
}
