// Brings the files of names up to the state of the store. Each file carries the revision that it shows, so that whoever writes it reads
// only what changed since; one that was missed (a process that was killed) comes with the next. Two writers cannot leave an old state
// behind: each looks at the store again after its file is in place. Nothing here is synced to the disk: names may be lost, not wrong.
import type {Places} from '../base/index.ts'
import type {Host} from '../host/index.ts'
import type {Store} from '../store/index.ts'
import {hasNames} from './named-paths.ts'
import {maxNamesBytes, namesText, readNamesText, type NameFile, type ReadNames} from './name-files.ts'
import {guestLines, guestPlace, storageConfigPath, storageLines} from './stored-names.ts'

export interface NamesOf {
  readonly store: Pick<Store, 'read' | 'list' | 'revision' | 'changedPaths'>
  readonly host: Pick<Host, 'files'>
  readonly places: Places
  readonly node: string
}

const storedFiles = ['guests', 'storages', 'volumes', 'snapshots', 'nodes'] as const
type StoredNameFile = (typeof storedFiles)[number]

/** Whoever commits all the time keeps the others from coming to an end; they need not. */
const maxRounds = 5
/** More changed guests than this are read at once. */
const fewGuests = 50
/** A file that still is right but this far behind is written anew, so that the way from it to the present stays short. */
const maxLag = 2000

export function namesFolder({stateDir}: Pick<Places, 'stateDir'>): string {
  return `${stateDir}/completion`
}

/** @throws AppError when the folder cannot be written, or the store not be read */
export async function refreshNames(of: NamesOf): Promise<void> {
  await of.host.files.makeDirectory(namesFolder(of.places), 0o755)
  for (let round = 0; round < maxRounds; round++) {
    const revision = await of.store.revision()
    if (!await refreshOnce(of, revision)) return
    if (await of.store.revision() === revision) return
  }
}

/** @returns whether a file was written */
async function refreshOnce(of: NamesOf, revision: number): Promise<boolean> {
  const known = await Promise.all(storedFiles.map(async (file) => [file, await readKnown(file, revision, of)] as const))
  const changes = await changesSince(known.map(([, names]) => names?.revision), of)
  const found = await linesOf(changes, of)
  let isWritten = false
  for (const [file, names] of known) {
    const lines = changes === undefined || names === undefined ? found[file] : [...keptLines(file, names.lines, changes), ...found[file]]
    if (names !== undefined && revision - names.revision < maxLag && isSame(names.lines, lines)) continue
    await writeNames(file, namesText(file, lines, revision), of)
    isWritten = true
  }
  return isWritten
}

/** The paths that changed since the oldest of the files; undefined when everything has to be read. */
async function changesSince(revisions: readonly (number | undefined)[], {store}: NamesOf): Promise<ReadonlySet<string> | undefined> {
  if (revisions.includes(undefined)) return undefined
  const oldest = Math.min(...revisions.map((revision) => revision ?? 0))
  // Dropped history, or a store that was replaced by an older copy.
  const paths = await store.changedPaths(oldest).catch(() => undefined)
  return paths === undefined ? undefined : new Set(paths.filter((path) => hasNames(path)))
}

async function linesOf(changes: ReadonlySet<string> | undefined, {store, places, node}: NamesOf): Promise<Record<StoredNameFile, string[]>> {
  const lines: Record<StoredNameFile, string[]> = {guests: [], storages: [], volumes: [], snapshots: [], nodes: [node]}
  const guests = changes === undefined ? undefined : [...changes].filter((path) => guestPlace(path) !== undefined)
  const files = guests !== undefined && guests.length <= fewGuests
    ? (await Promise.all(guests.map((path) => store.read(path)))).flatMap((file) => file ?? [])
    : (await store.list('nodes')).filter(({path}) => guests === undefined || changes?.has(path) === true)
  for (const file of files) {
    const own = guestLines(file)
    for (const name of storedFiles) lines[name].push(...own[name] ?? [])
  }
  if (changes === undefined || changes.has(storageConfigPath)) {
    lines.storages.push(...storageLines((await store.read(storageConfigPath))?.data ?? '', `${places.stateDir}/vz`))
  }
  return lines
}

/** The lines that have nothing to do with what changed. */
function keptLines(file: StoredNameFile, lines: readonly string[], changes: ReadonlySet<string>): readonly string[] {
  if (file === 'nodes') return lines
  if (file === 'storages') return changes.has(storageConfigPath) ? [] : lines
  const vmids = new Set([...changes].map((path) => guestPlace(path)?.vmid))
  const column = file === 'volumes' ? 1 : 0
  return lines.filter((line) => !vmids.has(line.split('\t')[column]))
}

function isSame(before: readonly string[], after: readonly string[]): boolean {
  const wanted = new Set(after)
  return wanted.size === before.length && before.every((line) => wanted.has(line))
}

/** What a file shows; undefined when it is missing, damaged, or ahead of the store, which was replaced by an older copy then. */
async function readKnown(file: NameFile, revision: number, {host, places}: NamesOf): Promise<ReadNames | undefined> {
  try {
    const names = readNamesText(file, await host.files.readText(`${namesFolder(places)}/${file}`, maxNamesBytes))
    return names === undefined || names.revision > revision ? undefined : names
  } catch {
    return undefined
  }
}

/** Names, never configuration: anybody on this machine may complete them, as anybody sees them in the list of processes. */
export async function writeNames(file: NameFile, text: string, {host, places}: Pick<NamesOf, 'host' | 'places'>): Promise<void> {
  await host.files.write(`${namesFolder(places)}/${file}`, text, {mode: 0o644, durable: false})
}
