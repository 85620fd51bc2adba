// A folder storage on a file system that Corral mounts itself (nfs, cifs, glusterfs, cephfs). Volumes are dir's business; here the file
// system is mounted when it is first needed, and nothing touches it before a child process has shown that it answers: a call into a dead
// server's mount cannot be given up, a child can.
import type {Clock} from '../../base/index.ts'
import {NotFoundError, ToolError, UnavailableError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {openDirStorage} from '../dir/dir-storage.ts'
import type {Mount} from '../dir/mounts.ts'
import {mountAt} from '../dir/mounts.ts'
import {readMounts, unmount, writeMark} from './own-mounts.ts'
import {checkAnswers} from '../answering.ts'
import {isTrue} from '../option-values.ts'
import {ensureSecretFile} from '../secret-file.ts'
import {guarded} from '../guarded.ts'
import type {Storage, StorageConfig, StorageSecret, StorageTraits} from '../storage.ts'

/** How a file system is mounted. Pure data and functions of the section. */
export interface MountPlan {
  /** The command that mounts it at the path. */
  readonly argv: readonly string[]
  /** Whether what is mounted there is it. */
  isOurs(mount: Mount): boolean
  /** What the server is, for messages: `the NFS server nas1`. */
  readonly server: string
  /** The Debian package that has the mount helper. */
  readonly package: string
}

/** A server that is there mounts within a second or two. */
const mountLimitMs = 30_000

/** Where such a storage is mounted when its section does not say. */
export function defaultMountPath(storage: string): string {
  return `/mnt/pve/${storage}`
}

export function mountPath(config: StorageConfig): string {
  return typeof config['path'] === 'string' ? config['path'] : defaultMountPath(config.storage)
}

/** @throws InvalidInputError when an option of the section is wrong */
export function openMountedStorage(config: StorageConfig, traits: StorageTraits, plan: MountPlan, host: Host, clock: Clock, {secret, runDir}: MountSurroundings = {}): Storage {
  const path = mountPath(config)
  const inner = openDirStorage({...config, path}, traits, host, clock)
  const on: MountedStorage = {host, storage: config.storage, path, plan, secret, runDir, makesFolder: makesFolder(config)}
  return {
    ...guarded(inner, () => makeReady(on)), config, traits: {...inner.traits, shared: true},
    mount: {path, commands: [...(on.makesFolder ? [['mkdir', '-p', '--', path]] : []), plan.argv], unmount: () => unmount(on)},
  }
}

export interface MountSurroundings {
  readonly secret?: StorageSecret | undefined
  /** Where it is written down that a mount is ours. */
  readonly runDir?: string | undefined
}

export interface MountedStorage {
  readonly host: Host
  readonly storage: string
  readonly path: string
  readonly plan: MountPlan
  readonly secret: StorageSecret | undefined
  readonly runDir: string | undefined
  readonly makesFolder: boolean
}

function makesFolder(config: StorageConfig): boolean {
  const option = config['create-base-path'] ?? config['mkdir']
  return option === undefined || isTrue(option)
}

/** @throws UnavailableError when it cannot be mounted, or is mounted and does not answer */
async function makeReady(on: MountedStorage): Promise<void> {
  const mounted = await mountedThere(on)
  if (mounted === undefined) await mount(on)
  else if (!on.plan.isOurs(mounted)) {
    throw new UnavailableError(`storage '${on.storage}' is not there: something else is mounted at ${on.path} (${mounted.source.slice(0, 120)})`, {nextSteps: [`findmnt ${on.path}`]})
  }
  await checkAnswers(on, `${on.plan.server} is away`)
}

async function mountedThere({host, path}: MountedStorage): Promise<Mount | undefined> {
  return mountAt(await readMounts(host), path)
}

async function mount(on: MountedStorage): Promise<void> {
  const {host, storage, path, plan, secret} = on
  if (secret !== undefined) await ensureSecretFile(host, secret)
  const isNew = await host.files.stat(path) === undefined
  if (isNew) {
    if (!on.makesFolder) throw new UnavailableError(`storage '${storage}' is not there: the folder ${path} does not exist`, {nextSteps: [`Make it: mkdir -p ${path}`]})
    await host.files.makeDirectory(path, 0o755)
  }
  try {
    await host.run(plan.argv, {timeoutMs: mountLimitMs})
    await writeMark(on, isNew)
  } catch (error) {
    // Two commands may mount it at once, and the second finds it done.
    const mounted = await mountedThere(on)
    if (mounted !== undefined && plan.isOurs(mounted)) return
    // A folder that stayed would look like an empty storage to whoever comes upon it.
    if (isNew) await host.files.remove(path).catch(() => undefined)
    throw mountError(on, error)
  }
}

function mountError({storage, plan}: MountedStorage, error: unknown): unknown {
  if (error instanceof NotFoundError) return new UnavailableError(`storage '${storage}' cannot be used: ${plan.argv[0] ?? 'mount'} is not installed`, {cause: error, nextSteps: [`apt-get install ${plan.package}`]})
  if (error instanceof UnavailableError) return new UnavailableError(`storage '${storage}' is not there: ${plan.server} does not answer`, {cause: error})
  if (!(error instanceof ToolError)) return error
  const {stderr} = error.failure
  if (/need a \/sbin\/mount\.|wrong fs type|unknown filesystem type/.test(stderr)) {
    return new UnavailableError(`storage '${storage}' cannot be used: this host cannot mount it`, {cause: error, nextSteps: [`apt-get install ${plan.package}`, 'Look whether its kernel has that file system: cat /proc/filesystems']})
  }
  const reason = /Permission denied|access denied|NT_STATUS_LOGON_FAILURE/i.test(stderr) ? 'refuses to let us in' : 'cannot be mounted from'
  return new UnavailableError(`storage '${storage}' is not there: ${plan.server} ${reason}`, {cause: error})
}
