// Which mounts are ours. What Corral has mounted is written down in the run folder, with the number that the kernel gave the mount, so that the
// removal of a storage takes down that mount and never one that an administrator has made at the same place.
import {ConflictError, ToolError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {mountAt, mountNumberAt} from '../dir/mounts.ts'
import type {MountedStorage} from './mounted-storage.ts'

interface Mark { readonly path: string; readonly mountNumber: string; readonly madeFolder: boolean }

const maxMarkBytes = 16 * 1024
/** The mount of a server that is away is not let go of by itself. */
const unmountLimitMs = 30_000

export async function readMounts(host: Host): Promise<string> {
  return host.files.readText('/proc/self/mountinfo', 16 * 1024 ** 2)
}

/** @param madeFolder the mount point was made for it */
export async function writeMark({host, storage, path, runDir}: MountedStorage, madeFolder: boolean): Promise<void> {
  const mountNumber = mountNumberAt(await readMounts(host), path)
  if (runDir === undefined || mountNumber === undefined) return
  const folder = `${runDir}/mounts`
  if (await host.files.stat(folder) === undefined) await host.files.makeDirectory(folder, 0o700)
  await host.files.write(markPath(runDir, storage), JSON.stringify({path, mountNumber, madeFolder} satisfies Mark), {mode: 0o600})
}

/** @throws ConflictError while somebody uses it; UnavailableError when it takes too long */
export async function unmount(on: MountedStorage): Promise<boolean> {
  const {host, storage, path, plan, runDir} = on
  if (runDir === undefined) return false
  const mark = await readMark(host, markPath(runDir, storage))
  const mounts = await readMounts(host)
  const mounted = mountAt(mounts, path)
  const isOurs = mark?.path === path && mark.mountNumber === mountNumberAt(mounts, path) && mounted !== undefined && plan.isOurs(mounted)
  if (isOurs) {
    await takeDown(on)
    // Only an empty folder goes, and only one that was made for the mount.
    if (mark.madeFolder) await host.files.remove(path).catch(() => undefined)
  }
  await host.files.remove(markPath(runDir, storage))
  return isOurs
}

async function takeDown({host, storage, path}: MountedStorage): Promise<void> {
  try {
    await host.run(['umount', '--', path], {timeoutMs: unmountLimitMs})
  } catch (error) {
    if (!(error instanceof ToolError) || !/busy/.test(error.failure.stderr)) throw error
    throw new ConflictError(`the file system of storage '${storage}' is in use at ${path}`, {cause: error, nextSteps: [`See by whom: fuser -vm ${path}`, `Then: umount ${path}`]})
  }
}

async function readMark(host: Host, path: string): Promise<Mark | undefined> {
  if (await host.files.stat(path) === undefined) return undefined
  try {
    const value: unknown = JSON.parse(await host.files.readText(path, maxMarkBytes))
    return isMark(value) ? value : undefined
  } catch (error) {
    // A mark that cannot be read is none: the mount stays.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function isMark(value: unknown): value is Mark {
  const {path, mountNumber, madeFolder} = (value ?? {}) as Readonly<Record<string, unknown>>
  return typeof path === 'string' && typeof mountNumber === 'string' && typeof madeFolder === 'boolean'
}

function markPath(runDir: string, storage: string): string {
  return `${runDir}/mounts/${storage}.json`
}
