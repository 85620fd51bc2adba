// storage.cfg in the store: sections `<type>: <name>` with the options of each storage. Sections of types that Corral does not have, and
// options that it does not carry out, are kept as they are: the file may come from Proxmox VE and go back there.
import type {Places} from '../base/index.ts'
import {InvalidInputError} from '../base/index.ts'
import type {Params} from '../spec/index.ts'
import type {SectionProblem, SectionTypes} from '../spec/section-config.ts'
import {formatSectionConfig, parseSectionConfig} from '../spec/section-config.ts'
import type {Store, StoredFile} from '../store/index.ts'
import type {StorageConfig} from './storage.ts'
import type {StorageTypeParams} from './type-params.ts'
import {storageTypeParams} from './type-params.ts'

export const storageConfigPath = 'storage.cfg'

/** The storage that every installation has, as Proxmox VE's `local` at /var/lib/vz. */
export const defaultStorageName = 'local'

/** Options of Proxmox VE that stand in its files and that no command of ours offers, because nothing here acts on them. */
const keptOptions = {
  'max-protected-backups': {type: 'integer', minimum: -1, optional: true},
  'snapshot-as-volume-chain': {type: 'boolean', optional: true},
  'prune-backups': {type: 'string', optional: true},
  maxfiles: {type: 'integer', minimum: 0, optional: true},
  // cephfs has it in Proxmox VE, and holds no disks.
  format: {type: 'string', optional: true},
  // Proxmox VE writes it into sections of types that are shared anyhow, and `fsid` into those of a Ceph cluster.
  shared: {type: 'boolean', optional: true},
  fsid: {type: 'string', pattern: '[0-9a-fA-F-]{36}', optional: true},
} as const satisfies Params

/** The types of sections that Corral knows; also what the build compiles checks for. */
export const sectionTypes: SectionTypes = Object.fromEntries(Object.entries<StorageTypeParams>(storageTypeParams)
  .map(([type, {params, fixed}]) => [type, {options: {...keptOptions, ...withoutSecrets(params)}, fixed}]))

/** Secrets lie in files of their own. */
function withoutSecrets(params: Params): Params {
  return Object.fromEntries(Object.entries(params).filter(([, schema]) => schema.secret !== true))
}

export interface StorageFile {
  /** undefined: the file does not exist yet. */
  readonly file: StoredFile | undefined
  /** Sections in the order of the file; without the default storage unless it is written there. */
  readonly sections: Readonly<Record<string, StorageConfig>>
  /** What could not be read. Sections concerned are missing above: half an option list is worse than none. */
  readonly problems: readonly SectionProblem[]
}

/** All usable storages by name; `local` is among them even when storage.cfg does not name it. */
export async function readStorageConfig(store: Store, places: Pick<Places, 'stateDir'>): Promise<Record<string, StorageConfig>> {
  return withDefault(await readStorageFile(store), places)
}

export function withDefault({sections, problems}: Omit<StorageFile, 'file'>, places: Pick<Places, 'stateDir'>): Record<string, StorageConfig> {
  const isWritten = Object.hasOwn(sections, defaultStorageName) || problems.some(({section}) => section === defaultStorageName)
  return isWritten ? {...sections} : {[defaultStorageName]: defaultStorage(places), ...sections}
}

/** It lies within the installation's own state, so that private installations (CORRAL_ROOT) do not meet in one folder. */
export function defaultStorage(places: Pick<Places, 'stateDir'>): StorageConfig {
  return {type: 'dir', storage: defaultStorageName, path: `${places.stateDir}/vz`, content: 'backup,images,import,iso,rootdir,snippets,vztmpl'}
}

/** The file as it stands. A section that is wrong does not keep the others from being used. */
export async function readStorageFile(store: Store): Promise<StorageFile> {
  const file = await store.read(storageConfigPath)
  return {file, ...parseStorageConfig(file?.data ?? '')}
}

/** Pure. */
export function parseStorageConfig(text: string): Omit<StorageFile, 'file'> {
  const problems: SectionProblem[] = []
  const read = parseSectionConfig(text, sectionTypes, {allowUnknown: true, onProblem: (problem) => { problems.push(problem) }})
  const wrong = new Set(problems.map(({section}) => section))
  const sections: Record<string, StorageConfig> = Object.create(null) as Record<string, StorageConfig>
  for (const {type, id, values} of read) {
    if (!wrong.has(id)) sections[id] = {...values, type, storage: id}
  }
  return {sections: {...sections}, problems}
}

/**
 * The text of the file with these sections. Pure.
 * @throws InvalidInputError when the file as it was could not be read whole: writing it back would lose what was not understood
 */
export function formatStorageConfig({problems}: Pick<StorageFile, 'problems'>, sections: readonly StorageConfig[]): string {
  const [first] = problems
  if (first !== undefined) throw problemError(first)
  return formatSectionConfig(sections.map(({type, storage, ...values}) => ({type, id: storage, values})), sectionTypes)
}

export function problemError({line, section, message}: SectionProblem): InvalidInputError {
  return new InvalidInputError(`${storageConfigPath}, line ${line}${section === undefined ? '' : ` (storage '${section}')`}: ${message}`, {}, {
    nextSteps: [`Correct the line in ${storageConfigPath}.`],
  })
}
