// A ZFS dataset on a host: zfs and zpool are run here, and their complaints become errors. It knows nothing of guests.
import type {Clock} from '../../base/index.ts'
import {ConflictError, NotFoundError, ToolError, UnavailableError} from '../../base/index.ts'
import type {Host, RunOptions} from '../../host/index.ts'
import type {ZfsOptions} from './options.ts'
import type {ZfsVolume} from './report.ts'
import {parseSnapshots, parseVolumes} from './report.ts'
import {listArgv, snapshotsArgv} from './zfs-argv.ts'

export interface DatasetOnHost { readonly host: Host; readonly clock: Clock; readonly storage: string; readonly options: ZfsOptions }

/** Changes wait for the pool to write them down. */
const changeTimeoutMs = 10 * 60_000
const lookTimeoutMs = 30_000
/** Who has let a device go (a target of iSCSI, QEMU, udev that looked at it) may have it open a moment longer. */
const busyPausesMs = [100, 200, 400, 800, 1600, 2000]
/** Some ten thousand volumes. */
const maxReportBytes = 16 * 1024 ** 2

/** @throws UnavailableError when the pool is not there, NotFoundError when the volume is not, ConflictError when it is in use or its name is taken */
export async function runZfs(on: DatasetOnHost, argv: readonly string[], options: RunOptions = {}): Promise<string> {
  try {
    return (await on.host.run(argv, {timeoutMs: changeTimeoutMs, ...options})).stdout
  } catch (error) {
    throw inOurWords(on, argv, error)
  }
}

/**
 * Runs a command line that destroys a volume or a snapshot, again for some seconds while its device is open.
 * @throws as runZfs; ConflictError when somebody keeps it open
 */
export async function destroyWhenFree(on: DatasetOnHost, argv: readonly string[]): Promise<void> {
  for (const pauseMs of busyPausesMs) {
    try {
      await runZfs(on, argv)
      return
    } catch (error) {
      if (!isBusy(error)) throw error
    }
    await on.clock.sleep(pauseMs)
  }
  await runZfs(on, argv)
}

function isBusy(error: unknown): boolean {
  return error instanceof ConflictError && error.cause instanceof ToolError && error.cause.failure.stderr.includes('dataset is busy')
}

export async function lookUp(on: DatasetOnHost, argv: readonly string[]): Promise<string> {
  return runZfs(on, argv, {timeoutMs: lookTimeoutMs, maxOutputBytes: maxReportBytes})
}

function inOurWords({storage, options: {pool}}: DatasetOnHost, argv: readonly string[], error: unknown): unknown {
  if (error instanceof NotFoundError) return new UnavailableError(`storage '${storage}' cannot be used: ${argv[0] ?? 'zfs'} is not installed`, {cause: error, nextSteps: ['apt-get install zfsutils-linux']})
  // A server that cannot be reached at all says so itself.
  if (error instanceof UnavailableError && error.data['server'] !== undefined) return error
  if (error instanceof UnavailableError) return new UnavailableError(`storage '${storage}' does not answer: the ZFS pool '${pool}' hangs`, {cause: error, nextSteps: [`zpool status ${pool.split('/')[0] ?? pool}`]})
  if (!(error instanceof ToolError)) return error
  const {stderr} = error.failure
  if (/dataset does not exist|no such pool/.test(stderr)) return new NotFoundError(`the ZFS pool '${pool}' of storage '${storage}' has no such volume`, {cause: error})
  if (/dataset already exists/.test(stderr)) return new ConflictError(`the name is taken in the ZFS pool '${pool}'`, {cause: error})
  if (/dataset is busy|has dependent clones|more recent snapshots|has children/.test(stderr)) return new ConflictError(`the volume in the ZFS pool '${pool}' is in use`, {cause: error})
  if (/out of space/.test(stderr)) return new UnavailableError(`storage '${storage}' has not enough space`, {cause: error, nextSteps: [`See what takes the space: pvesm list ${storage}; zfs list -o space ${pool}`]})
  if (/modules cannot be auto-loaded|modules are not loaded|\/dev\/zfs/.test(stderr)) return new UnavailableError(`storage '${storage}' cannot be used: the host's kernel has no ZFS`, {cause: error, nextSteps: ['modprobe zfs']})
  return error
}

/** All volumes of the dataset. @throws UnavailableError when it is not there */
export async function zfsVolumes(on: DatasetOnHost): Promise<ZfsVolume[]> {
  const argv = listArgv(on.options)
  try {
    return parseVolumes(await lookUp(on, argv), on.options.pool, {host: on.host.name, argv})
  } catch (error) {
    if (error instanceof NotFoundError) throw datasetMissing(on, error)
    throw error
  }
}

export function datasetMissing({storage, options: {pool}}: DatasetOnHost, cause: unknown): UnavailableError {
  return new UnavailableError(`storage '${storage}' is not there: the host has no ZFS pool or dataset '${pool}'`, {cause, nextSteps: ['See which there are: zfs list', 'See which could be brought in: zpool import']})
}

/** One volume; undefined when it is not there. */
export async function findVolume(on: DatasetOnHost, name: string): Promise<ZfsVolume | undefined> {
  const argv = listArgv(on.options, name)
  try {
    return parseVolumes(await lookUp(on, argv), on.options.pool, {host: on.host.name, argv})[0]
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}

/** That of a base among them. @throws NotFoundError when the volume is not there */
export async function zfsSnapshots(on: DatasetOnHost, name: string): Promise<{readonly name: string; readonly createdAtMs: number}[]> {
  const argv = snapshotsArgv(on.options, name)
  return parseSnapshots(await lookUp(on, argv), {host: on.host.name, argv})
}
