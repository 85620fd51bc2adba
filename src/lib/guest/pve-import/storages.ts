// Storages of a Proxmox VE installation, as they come over: the same names for the same places, so that the volumes stay where they are. A
// name that stands for something else here stays what it is unless it is to be overwritten.
import {formatStorageConfig, parseStorageConfig, readStorageConfig, readStorageFile, storageConfigPath} from '../../storage/index.ts'
import type {StorageConfig} from '../../storage/index.ts'
import type {Context, WantedFile} from '../../tasks/index.ts'
import type {PveTree} from './pve-tree.ts'

export interface TakenStorages {
  readonly files: readonly WantedFile[]
  /** All storages as they will be. */
  readonly storages: Readonly<Record<string, StorageConfig>>
  readonly lines: readonly string[]
  readonly notes: readonly string[]
}

export interface StorageWish {
  /** Nodes by the names that they have here. */
  readonly nodes: ReadonlyMap<string, string>
  readonly overwrite: boolean
  readonly withSecrets: boolean
  /** A storage is used by guests that are here already. */
  readonly isInUse: (storage: string) => boolean
}

/** @throws InvalidInputError when our own storage.cfg cannot be read */
export async function takeStorages(tree: PveTree, wish: StorageWish, context: Context): Promise<TakenStorages> {
  const text = tree.files.get(storageConfigPath)
  const own = await readStorageFile(context.store)
  const existing = await readStorageConfig(context.store, context.places)
  if (text === undefined) return {files: [], storages: existing, lines: [], notes: []}
  const {sections, problems} = parseStorageConfig(text)
  const notes = problems.map(({line, message}) => `storage.cfg, line ${line}: ${message}; the storage is not taken over`)
  const lines: string[] = []
  const taken: Record<string, StorageConfig> = {}
  for (const [name, section] of Object.entries(sections)) {
    const config = withNodes(section, wish.nodes)
    const known = Object.hasOwn(own.sections, name) ? own.sections[name] : undefined
    if (known !== undefined && sameConfig(known, config)) continue
    const reason = known === undefined ? wish.isInUse(name) && !wish.overwrite ? 'guests use the one that is here already' : undefined : wish.overwrite ? undefined : 'there is another one by that name'
    if (reason !== undefined) { notes.push(`storage '${name}' is not taken over: ${reason}`); continue }
    taken[name] = config
    lines.push(`storage ${name} (${config.type}) taken over`)
  }
  const names = Object.keys(taken)
  const files = names.length === 0 ? [] : [{path: storageConfigPath, was: own.file, text: formatStorageConfig(own, Object.values({...own.sections, ...taken}))}]
  const secrets = await takeSecrets(tree, names, wish, context)
  return {files: [...files, ...secrets.files], storages: {...existing, ...taken}, lines, notes: [...notes, ...secrets.notes]}
}

/** Passwords and keyrings lie at the same paths here as there. */
async function takeSecrets({files}: PveTree, names: readonly string[], {withSecrets, overwrite}: StorageWish, context: Context): Promise<{files: WantedFile[]; notes: string[]}> {
  const wanted: WantedFile[] = []
  const notes: string[] = []
  for (const [path, text] of files) {
    const name = /^priv\/(?:storage|ceph)\/(.+)\.(?:pw|key|keyring|secret)$/.exec(path)?.[1]
    if (name === undefined || !names.includes(name)) continue
    const was = await context.store.read(path)
    if (was?.data === text) continue
    if (!withSecrets) notes.push(`the secret of storage '${name}' (${path}) is not taken over without --secrets`)
    else if (was !== undefined && !overwrite) notes.push(`the secret of storage '${name}' is not taken over: there is another one here`)
    else wanted.push({path, was, text})
  }
  return {files: wanted, notes}
}

function withNodes(config: StorageConfig, nodes: ReadonlyMap<string, string>): StorageConfig {
  const list = config['nodes']
  if (typeof list !== 'string') return config
  return {...config, nodes: list.split(',').map((node) => nodes.get(node) ?? node).join(',')}
}

function sameConfig(a: StorageConfig, b: StorageConfig): boolean {
  const text = (config: StorageConfig) => JSON.stringify(Object.entries(config).sort(([x], [y]) => (x < y ? -1 : 1)))
  return text(a) === text(b)
}
