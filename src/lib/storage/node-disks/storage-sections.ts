// The sections of storage.cfg that belong to what is made on disks: the new one that --add_storage asks for, those that lie on something which is to be
// destroyed, and what of them remains.
import {ConflictError} from '../../base/index.ts'
import type {Context, Step} from '../../tasks/index.ts'
import {storeCommitStep} from '../../tasks/index.ts'
import {checkedConfig} from '../checked-config.ts'
import {volumeReferences} from '../guest-volumes.ts'
import {isOnNode} from '../open-storage.ts'
import {isTrue, splitWords} from '../option-values.ts'
import {loadStoragePlugin} from '../plugins.ts'
import {formatStorageConfig, readStorageConfig, readStorageFile, storageConfigPath, withDefault} from '../storage-config.ts'
import type {StorageConfig} from '../storage.ts'
import {storageLock} from '../volume-steps.ts'

/** The locks under which a new storage of this name is written. */
export function newStorageLocks(name: string): string[] {
  return [storageConfigPath, storageLock(name)]
}

/**
 * The step that adds a section for this host, last in its plan. Whoever plans asks for it before anything else: a name that is taken must be found
 * before a disk is touched.
 * @throws ConflictError when there is a storage of this name
 */
export async function newStorageStep(config: StorageConfig, context: Context): Promise<Step> {
  const {storage, type} = config
  const file = await readStorageFile(context.store)
  if (Object.hasOwn(withDefault(file, context.places), storage) || file.problems.some(({section}) => section === storage)) {
    throw new ConflictError(`there is a storage '${storage}' already`, {nextSteps: ['Choose another name, or leave --add_storage out and name it yourself: pvesm add']})
  }
  const plugin = await loadStoragePlugin(type)
  const whole = checkedConfig(plugin, {...plugin.defaultsFor?.(storage), ...config, nodes: context.node}, context)
  return storeCommitStep([{path: storageConfigPath, was: file.file, text: formatStorageConfig(file, [...Object.values(file.sections), whole])}])
}

/** What storages can lie on. */
export type Ground =
  | {readonly kind: 'group'; readonly group: string}
  | {readonly kind: 'thin pool'; readonly group: string; readonly pool: string}
  | {readonly kind: 'pool'; readonly pool: string; readonly mountPoints: readonly string[]}
  | {readonly kind: 'folder'; readonly path: string}

/** The storages of this host that lie on it. */
export async function storagesOn(ground: Ground, {store, places, node}: Pick<Context, 'store' | 'places' | 'node'>): Promise<StorageConfig[]> {
  return Object.values(await readStorageConfig(store, places)).filter((config) => isOnNode(config, node) && liesOn(config, ground))
}

function liesOn(config: StorageConfig, ground: Ground): boolean {
  const {type, vgname, thinpool, pool, path} = config as StorageConfig & Readonly<Record<string, unknown>>
  switch (ground.kind) {
    case 'group': return vgname === ground.group
    case 'thin pool': return type === 'lvmthin' && vgname === ground.group && thinpool === ground.pool
    case 'pool': return type === 'zfspool' && typeof pool === 'string' && isWithin(pool, ground.pool) || typeof path === 'string' && ground.mountPoints.some((place) => isWithin(path, place))
    case 'folder': return typeof path === 'string' && isWithin(path, ground.path)
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}

/**
 * The guard before something is destroyed on which guests have disks, be it that they do not run now.
 * @param what for the message: `the volume group 'vg0'`
 * @throws ConflictError naming guests and disks
 */
export async function refuseGuestsOn(ground: Ground, what: string, storages: readonly StorageConfig[], {store, node}: Pick<Context, 'store' | 'node'>): Promise<void> {
  const beginnings = pathsOf(ground)
  const found = (await volumeReferences(store)).filter(({path, value}) => {
    const isHere = path.startsWith(`nodes/${node}/`)
    if (isHere && beginnings.some((beginning) => value.startsWith(beginning))) return true
    return storages.some(({storage, shared}) => value.startsWith(`${storage}:`) && (isHere || isTrue(shared)))
  })
  if (found.length === 0) return
  const named = [...new Set(found.map(({vmid, key}) => `${key} of guest ${vmid}`))]
  const shown = named.slice(0, 10).join(', ')
  throw new ConflictError(`${what} is in use: it holds ${shown}${named.length > 10 ? ` and ${named.length - 10} more` : ''}`, {
    data: {disks: found.map(({vmid, key, value}) => ({vmid, key, value}))}, nextSteps: ['Nothing was changed. Move these disks elsewhere (qm disk move, pct move-volume), or destroy the guests.'],
  })
}

function pathsOf(ground: Ground): string[] {
  switch (ground.kind) {
    // Device mapper writes a hyphen in a name twice.
    case 'group': return [`/dev/${ground.group}/`, `/dev/mapper/${ground.group.replaceAll('-', '--')}-`]
    case 'thin pool': return []
    case 'pool': return [`/dev/zvol/${ground.pool}/`, ...ground.mountPoints.map((place) => `${place}/`)]
    case 'folder': return [`${ground.path}/`]
  }
}

/** The locks under which something is destroyed: nobody makes a volume on one of its storages meanwhile. */
export function groundLocks(storages: readonly StorageConfig[]): string[] {
  return [storageConfigPath, ...storages.map(({storage}) => storageLock(storage))]
}

/** The step that takes these storages out of storage.cfg, as far as this host is concerned; none where there are none. */
export async function forgetStoragesStep(storages: readonly StorageConfig[], {store, node}: Pick<Context, 'store' | 'node'>): Promise<Step[]> {
  const file = await readStorageFile(store)
  const names = new Set(storages.map(({storage}) => storage).filter((name) => Object.hasOwn(file.sections, name)))
  if (names.size === 0) return []
  const kept = Object.values(file.sections).flatMap((config) => {
    if (!names.has(config.storage)) return [config]
    const others = splitWords(config['nodes']).filter((name) => name !== node)
    return others.length === 0 ? [] : [{...config, nodes: others.join(',')}]
  })
  const text = formatStorageConfig(file, kept)
  return [storeCommitStep([{path: storageConfigPath, was: file.file, text: text === '' ? undefined : text}])]
}

/** Says of storages that stay in storage.cfg that they are without their ground. */
export function warnOfStorages(storages: readonly StorageConfig[], {log}: Pick<Context, 'log'>): void {
  const names = storages.map(({storage}) => `'${storage}'`).join(', ')
  if (names !== '') log.warn(`storage.cfg goes on naming the storage ${names}, which cannot be used from now on (--cleanup-config takes it out)`)
}
