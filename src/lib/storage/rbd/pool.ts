// A Ceph pool as a host sees it: rbd and ceph are run here, and their complaints become errors. It knows nothing of guests.
import {NotFoundError, ToolError, UnavailableError} from '../../base/index.ts'
import type {Host, RunOptions} from '../../host/index.ts'
import {monitorText} from '../ceph-cluster.ts'
import {ensureSecretFile} from '../secret-file.ts'
import type {RbdAccess} from './access.ts'
import {qemuConfigFile} from './access.ts'
import {infoArgv, listArgv, snapshotsArgv, statusArgv} from './rbd-argv.ts'
import type {RbdImage} from './report.ts'
import {countWatchers, parseImage, parseImages, parseSnapshots} from './report.ts'
import type {VolumeSnapshot} from '../storage.ts'

export interface PoolOnHost extends RbdAccess { readonly host: Host; readonly storage: string }

/** Ceph's programs wait for minutes for monitors that are away, and for those that do not know them. */
const lookTimeoutMs = 15_000
const changeTimeoutMs = 10 * 60_000
/** A pool of some ten thousand images, each with snapshots. */
const maxReportBytes = 64 * 1024 ** 2

/** errno(3), by which rbd exits. */
export const exitCodes = {notFound: 2, busy: 16, exists: 17, notValid: 22, noSpace: 28} as const

/** Runs something that only looks. @throws UnavailableError when the cluster or the pool is not there */
export async function lookUp(on: PoolOnHost, argv: readonly string[], options: RunOptions = {}): Promise<{stdout: string; exitCode: number}> {
  return run(on, argv, {timeoutMs: lookTimeoutMs, maxOutputBytes: maxReportBytes, ...options})
}

/** Runs something that changes an image, which takes as long as it is large. @throws as lookUp; ToolError */
export async function change(on: PoolOnHost, argv: readonly string[], options: RunOptions = {}): Promise<{stdout: string; exitCode: number}> {
  return run(on, argv, {timeoutMs: changeTimeoutMs, ...options})
}

async function run(on: PoolOnHost, argv: readonly string[], options: RunOptions): Promise<{stdout: string; exitCode: number}> {
  await prepare(on)
  try {
    return await on.host.run(argv, options)
  } catch (error) {
    throw inOurWords(on, argv, error)
  }
}

/** Puts the keyring where programs read it. */
export async function prepare({host, secret}: PoolOnHost): Promise<void> {
  if (secret === undefined) return
  await ensureSecretFile(host, secret)
  await ensureSecretFile(host, qemuConfigFile(secret))
}

function inOurWords({storage, options}: PoolOnHost, argv: readonly string[], error: unknown): unknown {
  const cluster = options.monitors.length === 0 ? 'the Ceph cluster of this host' : `the Ceph cluster at ${options.monitors.map(monitorText).join(', ')}`
  if (error instanceof NotFoundError) {
    return new UnavailableError(`storage '${storage}' cannot be used: ${argv[0] ?? 'rbd'} is not installed`, {cause: error, nextSteps: ['apt-get install ceph-common']})
  }
  if (error instanceof UnavailableError) return new UnavailableError(`storage '${storage}' is not there: ${cluster} does not answer the user ${options.user}`, {cause: error, nextSteps: [`Check its monitors and keyring: pvesm set ${storage} --monhost … --keyring FILE`]})
  if (!(error instanceof ToolError)) return error
  const {stderr} = error.failure
  if (/error opening pool/.test(stderr)) {
    return new UnavailableError(`storage '${storage}' is not there: ${cluster} has no pool '${options.pool}'`, {cause: error, nextSteps: [`Make it there: ceph osd pool create ${options.pool}; rbd pool init ${options.pool}`]})
  }
  if (/couldn't connect to the cluster|error connecting to the cluster|ObjectNotFound|unable to get monitor info/.test(stderr)) {
    return new UnavailableError(`storage '${storage}' is not there: ${cluster} cannot be reached as the user ${options.user}`, {cause: error, nextSteps: [`Check its monitors and keyring: pvesm set ${storage} --monhost … --keyring FILE`]})
  }
  return error
}

/** All images of the pool. */
export async function images(on: PoolOnHost): Promise<RbdImage[]> {
  const argv = listArgv(on)
  return parseImages((await lookUp(on, argv)).stdout, {host: on.host.name, argv})
}

/** One image; undefined when it is not there. */
export async function findImage(on: PoolOnHost, name: string): Promise<RbdImage | undefined> {
  const argv = infoArgv(on, name)
  const {stdout, exitCode} = await lookUp(on, argv, {okExitCodes: [0, exitCodes.notFound]})
  return exitCode === 0 ? parseImage(stdout, {host: on.host.name, argv}) : undefined
}

/** How many have the image open, the kernels of hosts that made a device of it among them; none when it is not there. */
export async function watchersOf(on: PoolOnHost, name: string): Promise<number> {
  const argv = statusArgv(on, name)
  const {stdout, exitCode} = await lookUp(on, argv, {okExitCodes: [0, exitCodes.notFound]})
  return exitCode === 0 ? countWatchers(stdout, {host: on.host.name, argv}) : 0
}

/** All snapshots of an image, that of a base among them. @throws NotFoundError when there is no such image */
export async function snapshotsOf(on: PoolOnHost, name: string): Promise<VolumeSnapshot[]> {
  const argv = snapshotsArgv(on, name)
  const {stdout, exitCode} = await lookUp(on, argv, {okExitCodes: [0, exitCodes.notFound]})
  if (exitCode !== 0) throw new NotFoundError(`there is no volume ${on.storage}:${name}`, {nextSteps: [`See what is there: pvesm list ${on.storage}`]})
  return parseSnapshots(stdout, {host: on.host.name, argv})
}
