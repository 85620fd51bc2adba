// Puts together what a handler is given on this machine: places, node name, caller, host, and a store that is opened when it is used.
// The environment is read here and nowhere below.
import {hostname, userInfo} from 'node:os'
import {ForbiddenError, InvalidInputError, NotFoundError, placesFromEnvironment, systemClock} from '../base/index.ts'
import type {Clock, Places} from '../base/index.ts'
import type {Host, HostConnector} from '../host/index.ts'
import type {Store} from '../store/index.ts'
import type {Catalog} from './catalog-entry.ts'
import type {Caller, Context, Log, Terminal} from './context.ts'
import {lazyStore} from './lazy-store.ts'
import {toldStore} from './told-store.ts'
import type {ToldStore} from './told-store.ts'

export interface LocalContextOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly catalog: Catalog
  /** argv of the program that runs tasks (cli/worker-main); it takes the task on its standard input. */
  readonly workerArgv: readonly string[]
  readonly log: Log
  readonly signal: AbortSignal
  readonly terminal?: Terminal
  readonly environment?: Readonly<Record<string, string>>
  readonly connector?: () => Promise<HostConnector>
  /** Default: those of this process and machine. */
  readonly clock?: Clock
  readonly uid?: number
}

/** A context that has to be closed. */
export interface OpenContext {
  readonly context: Context
  /** Waits until the names of what was changed are where completion finds them. Never fails. */
  readonly settle: () => Promise<void>
  /** Closes the store, if it was opened. */
  readonly close: () => Promise<void>
}

/** @throws InvalidInputError when CORRAL_ROOT or CORRAL_NODE is not what it should be */
export async function localContext(options: LocalContextOptions): Promise<OpenContext> {
  const {env, catalog, log, signal, terminal, environment, connector, clock = systemClock, uid = process.getuid?.() ?? -1} = options
  const places = placesFromEnvironment(env)
  const node = nodeName(env)
  const {localHost} = await import('../host/local/index.ts')
  const host = localHost(node)
  const caller = await callerOf(uid, places, host)
  let told: ToldStore | undefined
  const store = lazyStore(async () => {
    const opened = await openStore({places, node, clock, host, caller})
    return catalog.names === undefined ? opened : told = keepingNames(opened, catalog.names, {host, places, node, clock})
  })
  const context: Context = {
    node, host, store, clock, places, caller, log, signal, fences: [],
    ...(terminal === undefined ? {} : {terminal}),
    ...(environment === undefined ? {} : {environment}),
    ...(connector === undefined ? {} : {connector}),
    tasksChanged: async () => { await (await catalog.names?.load())?.afterTask({host, places}).catch(() => undefined) },
    actionKind: (kind) => loadActionKind(catalog, kind),
    doctorChecks: () => Promise.all(Object.values(catalog.doctorCheckLoaders ?? {}).map((load) => load())),
    startTask: async (commandId, params, key) => (await import('./start-task.ts')).startTask(commandId, params, context, {
      catalog, workerArgv: options.workerArgv, env,
    }, key),
  }
  return {context, settle: async () => told?.settle(), close: () => store.close()}
}

/**
 * CORRAL_NODE, or the first label of the machine's name, as Proxmox VE names its nodes.
 * @throws InvalidInputError when it is not a node name
 */
export function nodeName(env: Readonly<Record<string, string | undefined>>): string {
  const given = env['CORRAL_NODE']
  const name = given !== undefined && given !== '' ? given : hostname().split('.')[0] ?? ''
  if (/^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/.test(name)) return name
  const source = given === undefined ? 'the name of this machine' : 'CORRAL_NODE'
  throw new InvalidInputError(`${source} must be letters, digits and dashes, at most 63, not '${name}'`, {}, {
    nextSteps: ['Set another name: export CORRAL_NODE=…'],
  })
}

/** uid 0 is root@pam; so is, in a private installation, whoever owns its folder. */
async function callerOf(uid: number, places: Places, host: Host): Promise<Caller> {
  if (uid === 0) return {user: 'root@pam', isRoot: true}
  const ownerUid = places.root === undefined ? undefined : (await host.files.stat(places.root, {followLinks: true}))?.uid
  // A private folder that is not there yet will be made by the caller, and so belongs to them.
  if (places.root !== undefined && (ownerUid === undefined || ownerUid === uid)) return {user: 'root@pam', isRoot: true}
  return {user: `${loginName(uid)}@pam`, isRoot: false}
}

function loginName(uid: number): string {
  try {
    return userInfo().username
  } catch {
    // A uid without an entry in passwd(5).
    return `uid${uid}`
  }
}

async function openStore({places, node, clock, host, caller}: Pick<Context, 'places' | 'node' | 'clock' | 'host' | 'caller'>): Promise<Store> {
  if (!caller.isRoot) {
    const whose = places.root ?? 'this machine'
    throw new ForbiddenError(`${caller.user} may not look into the configuration of ${whose}`, {
      nextSteps: ['Run the command as root (sudo).', 'Or work in an installation of your own: export CORRAL_ROOT="$HOME/corral"'],
    })
  }
  await host.files.makeDirectory(places.stateDir, 0o755)
  await host.files.makeDirectory(`${places.stateDir}/store`, 0o700)
  const {openSqliteStore} = await import('../store/sqlite/index.ts')
  return openSqliteStore({path: `${places.stateDir}/store/config.db`, node, clock})
}

type Parts = Pick<Context, 'host' | 'places' | 'node' | 'clock'>

function keepingNames(opened: Store, {concerns, load}: NonNullable<Catalog['names']>, {host, places, node, clock}: Parts): ToldStore {
  return toldStore(opened, {concerns, tell: async (store) => (await load()).afterCommits({store, host, places, node})}, clock)
}

async function loadActionKind(catalog: Catalog, kind: string) {
  const load = Object.hasOwn(catalog.actionLoaders, kind) ? catalog.actionLoaders[kind] : undefined
  if (load === undefined) throw new NotFoundError(`there is no kind of action named '${kind}'`)
  return load()
}
