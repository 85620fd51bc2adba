// What a backup reads, mounted where nobody else sees it: the volumes of a container that does not run, snapshots of them, the file systems of one that runs, or a
// copy of its files. Each mount point has a tree of its own, so that no path of the container is ever gone along to reach another one.
import {ConflictError, NotFoundError, UnavailableError} from '../../../base/index.ts'
import type {MountSpace} from '../../../host/index.ts'
import {openVolume} from '../../../storage/index.ts'
import type {Context} from '../../../tasks/index.ts'
import type {IdMap} from '../config/index.ts'
import {mountArgv} from '../mount-space/mount-argv.ts'
import {ownerIn} from '../mount-space/open-container-space.ts'
import {containerPaths, mountBase, mountPlace} from '../runtime/paths.ts'
import {monitorOf} from '../runtime/status.ts'

/** Where the files come from; plain data. `volumes`: of a container that does not run, or a snapshot of them. `live`: as it runs. `folder`: a copy, each mount point by its key. */
export type BackupSource =
  | {readonly type: 'volumes'; readonly snapshot?: string}
  | {readonly type: 'live'}
  | {readonly type: 'folder'; readonly path: string}

export interface BackedUpPoint {
  readonly key: string
  /** The id of the volume; a path for a root file system that is none. */
  readonly volume: string
  /** In the container: `/`, `/srv`. */
  readonly path: string
}

export interface BackupSpaceWish {
  readonly vmid: number
  readonly map: IdMap
  readonly source: BackupSource
  /** rootfs first. */
  readonly points: readonly BackedUpPoint[]
  /** Paths of mount points, beneath which nothing is read. */
  readonly hidden: readonly string[]
}

export interface BackupSpace {
  readonly space: MountSpace
  /** What goes before the words of a program to keep it with the host's programs, which cannot be changed in there, and the trees. */
  readonly jail: readonly string[]
  /** Makes another folder of the host visible in there. */
  readonly bind: (source: string, place: string) => Promise<void>
}

/** In the jail: the folder that stands for the container's root, and holds the one mount point at its path. Pure. */
export function rootInBackup({key}: Pick<BackedUpPoint, 'key'>): string {
  return `/points/${key}`
}

/** In the jail: where the mount point itself is. Pure. */
export function placeInBackup(point: Pick<BackedUpPoint, 'key' | 'path'>): string {
  return point.path === '/' ? rootInBackup(point) : `${rootInBackup(point)}${point.path}`
}

/** Runs something with all of it mounted, and lets go of it whatever happens. */
export async function withBackupSpace<T>(wish: BackupSpaceWish, context: Context, use: (at: BackupSpace) => Promise<T>): Promise<T> {
  const sources = await attachSources(wish, context)
  const space = await openSpace(wish, context)
  try {
    const at = await prepareJail(wish, space, context)
    for (const [index, point] of wish.points.entries()) await mountPoint(wish, point, sources[index] ?? {path: '', isReadOnly: true}, at, context)
    for (const point of wish.points) await hideBelow(wish, point, at, context)
    return await use(at)
  } finally {
    await space.close()
    await detachSources(wish, context)
  }
}

interface AttachedSource { readonly path: string; readonly isReadOnly: boolean }

async function attachSources({source, points, vmid}: BackupSpaceWish, context: Context): Promise<AttachedSource[]> {
  if (source.type === 'folder') return points.map(({key}) => ({path: `${source.path}/${key}`, isReadOnly: false}))
  if (source.type === 'live') return points.map(({key}) => ({path: key === 'rootfs' ? containerPaths(context.places, vmid).rootfs : mountPlace(context.places, vmid, key), isReadOnly: false}))
  const attached: AttachedSource[] = []
  for (const {volume} of points) {
    if (isPath(volume)) { attached.push({path: volume, isReadOnly: false}); continue }
    const {storage, id} = await openVolume(volume, context)
    await storage.activate()
    attached.push({path: await storage.attach(id, source.snapshot), isReadOnly: source.snapshot !== undefined || storage.parseName(id.name).isBase})
  }
  return attached
}

async function detachSources({source, points}: BackupSpaceWish, context: Context): Promise<void> {
  if (source.type !== 'volumes' || source.snapshot === undefined) return
  for (const {volume} of points) {
    const {storage, id} = await openVolume(volume, context)
    await storage.detach(id, source.snapshot)
  }
}

/** A root file system may be a folder or device of the host. */
function isPath(volume: string): boolean {
  return volume.startsWith('/')
}

async function openSpace({vmid, source}: BackupSpaceWish, context: Context): Promise<MountSpace> {
  const {host, signal} = context
  if (source.type === 'live') {
    const monitor = await monitorOf(vmid, context)
    if (monitor === undefined) throw new ConflictError(`container ${vmid} has ended`, {data: {vmid}, nextSteps: ['Start the backup again.']})
    return host.openMountSpace(monitor)
  }
  const space = await host.openMountSpace()
  try {
    if (await host.files.stat(mountBase) === undefined) await host.files.makeDirectory(mountBase, 0o755)
    await space.run(['mount', '-t', 'tmpfs', '-o', 'mode=755,size=1m,nr_inodes=2k,nodev,nosuid', 'tmpfs', mountBase], {signal})
    return space
  } catch (error) {
    await space.close()
    throw error
  }
}

/** Above it, everything can be searched by the container's users. */
async function prepareJail({vmid, map, points}: BackupSpaceWish, space: MountSpace, {places, signal}: Context): Promise<BackupSpace> {
  const jail = mountPlace(places, vmid, 'backup')
  const {uid, gid} = ownerIn(map)
  const empty = `${jail}/empty`
  await space.run(['mkdir', '-p', '--', jail], {signal})
  await space.run(['mount', '-t', 'tmpfs', '-o', 'mode=755,size=1m,nr_inodes=4k,nodev,nosuid', 'tmpfs', jail], {signal})
  await space.run(['mkdir', '-p', '--', `${jail}/usr`, empty, ...points.map((point) => jail + placeInBackup(point))], {signal})
  await space.run(['chown', `${uid}:${gid}`, '--', empty], {signal})
  // /bin and /lib of Debian are links into /usr.
  for (const name of ['bin', 'lib', 'lib64']) await space.run(['ln', '-s', '--', `usr/${name}`, `${jail}/${name}`], {signal})
  await space.run(['mount', '--bind', '-o', 'ro', '--', '/usr', `${jail}/usr`], {signal})
  return {
    space, jail: ['chroot', jail],
    bind: async (source, place) => {
      await space.run(['mkdir', '-p', '--', jail + place], {signal})
      await space.run(['mount', '--bind', '-o', 'nodev,nosuid', '--', source, jail + place], {signal})
    },
  }
}

async function mountPoint({vmid, source: {type}}: BackupSpaceWish, point: BackedUpPoint, source: AttachedSource, at: BackupSpace, context: Context): Promise<void> {
  const place = at.jail.at(-1) + placeInBackup(point)
  const {signal} = context
  if (type === 'live') { await at.space.run(['mount', '--bind', '--', source.path, place], {signal}); return }
  const stat = await context.host.files.stat(source.path, {followLinks: true})
  if (stat === undefined) throw new NotFoundError(`${point.key} of container ${vmid}: ${source.path} does not exist`, {data: {vmid, key: point.key}})
  // A snapshot is not written, not even by its journal; what the container had written was brought to disk before it was taken.
  const options = ['nodev', 'nosuid', 'noatime', ...(source.isReadOnly && stat.kind !== 'directory' ? ['norecovery'] : [])]
  try {
    await at.space.run(mountArgv(source.path, stat.kind, place, {type: 'volume', readOnly: source.isReadOnly, acl: undefined, options}), {signal, timeoutMs: 60_000})
  } catch (cause) {
    throw new UnavailableError(`${point.key} of container ${vmid} could not be mounted`, {cause, data: {vmid, key: point.key}, nextSteps: [`Check the file system: pct fsck ${vmid}`]})
  }
}

/** What lies beneath mount points the container does not see. Folders are found by a walk that goes along no links: what lies behind one is no mount point. */
async function hideBelow({hidden}: BackupSpaceWish, point: BackedUpPoint, {space, jail}: BackupSpace, context: Context): Promise<void> {
  const top = point.path === '/' ? '/' : `${point.path}/`
  const below = hidden.filter((path) => path !== point.path && path.startsWith(top))
  if (below.length === 0) return
  const base = jail.at(-1) ?? ''
  const tree = await context.host.openTree(space.pathOf(base + placeInBackup(point)))
  try {
    for (const path of below.map((each) => each.slice(top.length))) {
      if (!await isPlainFolder(tree, path)) continue
      await tree.withFolder(path, (place) => space.run(['mount', '--no-canonicalize', '--bind', '--', `${base}/empty`, place], {signal: context.signal}))
    }
  } finally {
    tree.close()
  }
}

async function isPlainFolder(tree: Awaited<ReturnType<Context['host']['openTree']>>, path: string): Promise<boolean> {
  const parts = path.split('/')
  for (let count = 1; count <= parts.length; count++) {
    if ((await tree.stat(parts.slice(0, count).join('/'), {followLinks: false}))?.kind !== 'directory') return false
  }
  return true
}
