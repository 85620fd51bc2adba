// storage.cfg in the store: sections `<type>: <name>` with the options of each storage. Sections of types that Corral does not have, and
// options that it does not know, are kept as they are: the file may be shared with Proxmox VE.
import type {Places} from '../base/index.ts'
import type {Store, StoredFile} from '../store/index.ts'
import type {StorageConfig} from './storage.ts'

export const storageConfigPath = 'storage.cfg'

/** The storage that every installation has, as Proxmox VE's `local` at /var/lib/vz. */
export const defaultStorageName = 'local'

export interface StorageFile {
  /** undefined: the file does not exist yet. */
  readonly file: StoredFile | undefined
  /** Sections in the order of the file; without the default storage unless it is written there. */
  readonly sections: Readonly<Record<string, StorageConfig>>
}

/** All storages by name; `local` is among them even when storage.cfg does not name it. @throws InvalidInputError naming the line that is wrong */
export async function readStorageConfig(store: Store, places: Pick<Places, 'stateDir'>): Promise<Record<string, StorageConfig>> {
  const {sections} = await readStorageFile(store)
  if (Object.hasOwn(sections, defaultStorageName)) return {...sections}
  return {[defaultStorageName]: defaultStorage(places), ...sections}
}

/** It lies within the installation's own state, so that private installations (CORRAL_ROOT) do not meet in one folder. */
export function defaultStorage(places: Pick<Places, 'stateDir'>): StorageConfig {
  return {type: 'dir', storage: defaultStorageName, path: `${places.stateDir}/vz`, content: 'backup,images,import,iso,rootdir,snippets,vztmpl'}
}

/** The file as it stands, to be changed and written back. */
export async function readStorageFile(store: Store): Promise<StorageFile> {
  const file = await store.read(storageConfigPath)
  return {file, sections: file === undefined ? {} : parseStorageConfig(file.data)}
}

/** Pure. @throws InvalidInputError naming the line that is wrong */
export function parseStorageConfig(text: string): Record<string, StorageConfig> {
  const sections: Record<string, StorageConfig> = {}
  let current: Record<string, unknown> | undefined
  for (const line of text.split('\n')) {
    const head = /^(\S+):\s*(\S+)\s*$/.exec(line)
    const option = /^\s+(\S+)(?:\s+(.*\S))?\s*$/.exec(line)
    if (head !== null && head[1] !== undefined && head[2] !== undefined) {
      current = {type: head[1], storage: head[2]}
      sections[head[2]] = current as StorageConfig
    } else if (option !== null && option[1] !== undefined && current !== undefined) {
      current[option[1]] = option[2] ?? '1'
    }
  }
  return sections
}
