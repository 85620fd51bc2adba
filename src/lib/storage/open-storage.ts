// From the name of a storage to something that can be used: its section of storage.cfg, its plugin, and the host.
import {ConflictError, NotFoundError, UnsupportedError} from '../base/index.ts'
import type {Host} from '../host/index.ts'
import {didYouMean} from '../spec/index.ts'
import type {Context} from '../tasks/index.ts'
import {problemError, readStorageFile, withDefault} from './storage-config.ts'
import {isTrue, splitWords} from './option-values.ts'
import {loadStoragePlugin} from './plugins.ts'
import type {Storage, StorageConfig, StoragePlugin, StorageSecret, VolumeId, VolumeTemplates} from './storage.ts'
import {parseVolumeId} from './volume-id.ts'

/** What of a context is needed to open a storage. */
export type StorageContext = Pick<Context, 'node' | 'host' | 'store' | 'clock' | 'places' | 'signal'>

/** The section of a storage. @throws NotFoundError when there is none by that name, InvalidInputError when it is written wrongly */
export async function storageConfig(name: string, context: Pick<StorageContext, 'store' | 'places'>): Promise<StorageConfig> {
  const file = await readStorageFile(context.store)
  const all = withDefault(file, context.places)
  const config = Object.hasOwn(all, name) ? all[name] : undefined
  const problem = file.problems.find(({section}) => section === name)
  if (problem !== undefined) throw problemError(problem)
  if (config === undefined) {
    throw new NotFoundError(`there is no storage '${name}'${didYouMean(name, Object.keys(all))}`, {nextSteps: ['See which there are: pvesm status', `Make one: pvesm add dir ${name} --path <folder>`]})
  }
  return config
}

/**
 * @param name as in storage.cfg
 * @throws NotFoundError when there is none by that name; ConflictError when it is disabled or not for this node; UnsupportedError for its type
 */
export async function openStorage(name: string, context: StorageContext): Promise<Storage> {
  const config = await storageConfig(name, context)
  if (isTrue(config['disable'])) {
    throw new ConflictError(`storage '${name}' is disabled`, {nextSteps: [`Enable it: pvesm set ${name} --disable 0`]})
  }
  if (!isOnNode(config, context.node)) {
    throw new ConflictError(`storage '${name}' is not for node '${context.node}'; it is for ${String(config['nodes'])}`, {
      nextSteps: [`Change that: pvesm set ${name} --nodes ${[...splitWords(config['nodes']), context.node].join(',')}`],
    })
  }
  return openConfigured(config, context)
}

/** Opens a section that was read already, disabled or not. */
export async function openConfigured(config: StorageConfig, context: StorageContext): Promise<Storage> {
  const plugin = await loadStoragePlugin(config.type)
  const storage = plugin.open(config, cancellable(context.host, context.signal), context.clock, await storageSecret(plugin, config, context), context.places.runDir)
  const {base} = config
  return typeof base === 'string' ? (await import('./on-base.ts')).onBase(storage, base, context) : storage
}

/** The password or keyring of a storage. Programs find it in a file below the run folder, which only root reads. */
export async function storageSecret({secret}: StoragePlugin, config: StorageConfig, {store, places}: Pick<StorageContext, 'store' | 'places'>): Promise<StorageSecret | undefined> {
  if (secret === undefined) return undefined
  const storePath = secret.storePath(config)
  const text = (await store.read(storePath))?.data
  return text === undefined ? undefined : {text, path: secretPath(places, storePath)}
}

/** Where a file of the store below priv/ lies for programs of this host. */
export function secretPath(places: Pick<StorageContext['places'], 'runDir'>, storePath: string): string {
  return `${places.runDir}/${storePath}`
}

/** The storage of a volume and the parsed id. @throws as parseVolumeId and openStorage */
export async function openVolume(volume: string, context: StorageContext): Promise<{storage: Storage; id: VolumeId}> {
  const id = parseVolumeId(volume)
  return {id, storage: await openStorage(id.storage, context)}
}

/** @throws UnsupportedError for a type that has no linked clones */
export function templatesOf({config, templates}: Storage): VolumeTemplates {
  if (templates !== undefined) return templates
  throw new UnsupportedError(`storage '${config.storage}' (${config.type}) has no linked clones`, {nextSteps: ['Make a full clone: --full']})
}

/** Whether the option `nodes` lets this node use the storage. */
export function isOnNode(config: StorageConfig, node: string): boolean {
  const nodes = splitWords(config['nodes'])
  return nodes.length === 0 || nodes.includes(node)
}

/** Programs that a storage runs end when the operation is cancelled. */
function cancellable(host: Host, signal: AbortSignal): Host {
  return {...host, run: (argv, options) => host.run(argv, {signal, ...options})}
}
