// A container in a repository: a snapshot whose tree holds its configuration and one tar archive of its files, as vzdump writes it. The archive is a stream that the program
// restic cuts where its content says so, and not at fixed places: what stands behind a change is found again. Nothing but tar and its options decides what comes back.
import {Readable} from 'node:stream'
import {AppError, NotFoundError, ToolError, UnavailableError} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'
import {niceArgv} from '../archive/write-archive.ts'
import {openStorage} from '../open-storage.ts'
import {SpeedLimit} from '../transfer/speed-limit.ts'
import type {RepositoryBackup} from './backup-name.ts'
import {guestPath, guestTags, unfinishedOf} from './guest-snapshot.ts'
import type {NamedSnapshot, Repository} from './repository.ts'
import type {StorageRepository} from './storage-repository.ts'
import {formatTree, parseTree} from './tree.ts'
import type {TreeFile} from './tree.ts'

/** The names of the files in the tree. */
export const containerFiles = {archive: 'root.tar', config: 'pct.conf', firewall: 'fw.conf'} as const
const limitMs = 7 * 24 * 3600_000
const fileMode = 0o600

export interface ContainerToSave extends RepositoryBackup {
  readonly storage: string
  readonly isProtected: boolean
  readonly notes?: string
  readonly bandwidthKib?: number
  readonly ionice?: number
  readonly config: string
  readonly firewall?: string
}

export interface SavedContainer {
  readonly plainBytes: number
  /** What the repository did not have. */
  readonly newBytes: number
}

type Place = Pick<Context, 'node' | 'host' | 'store' | 'clock' | 'places' | 'signal'>

/** Pure: the words of the program that takes the archive on its standard input. */
export function saveWords(backup: RepositoryBackup, node: string): string[] {
  const time = new Date(Math.floor(backup.takenAtMs / 1000) * 1000).toISOString().slice(0, 19).replace('T', ' ')
  return ['backup', '--json', '--host', node, '--time', time, ...unfinishedOf(backup).flatMap((tag) => ['--tag', tag]), '--stdin', '--stdin-filename', containerFiles.archive]
}

/**
 * Returns once the backup is one. Before that there is at most an unfinished snapshot, which counts as none (repository.forget-backup).
 * @throws UnavailableError when restic is missing or the repository is full; ConflictError; what the archive throws
 */
export async function saveContainer(container: ContainerToSave, archive: AsyncIterable<Buffer>, context: Place): Promise<SavedContainer> {
  const {repository} = await openStorage(container.storage, context)
  if (repository === undefined) throw new AppError('internal', `storage '${container.storage}' has no repository`)
  await repository.makeReadyForRestic()
  const newBytes = await runRestic(repository, container, archive, context)
  const plainBytes = await repository.use(async (open) => publish(open, container, context.node))
  return {plainBytes, newBytes}
}

async function runRestic(repository: StorageRepository, container: ContainerToSave, archive: AsyncIterable<Buffer>, {host, node, signal, clock}: Place): Promise<number> {
  const {argv, env} = repository.restic(saveWords(container, node))
  const limit = new SpeedLimit(container.bandwidthKib, {clock, signal})
  try {
    const {stdout} = await host.run(niceArgv(argv, container.ionice), {
      env: {...env, TZ: 'UTC'}, timeoutMs: limitMs, signal, diesWithUs: true, inputStream: Readable.from(slowed(archive, limit)), maxOutputBytes: 64 * 1024,
    })
    return addedBytes(stdout)
  } catch (error) {
    throw inOurWords(error, repository.place)
  }
}

async function* slowed(archive: AsyncIterable<Buffer>, limit: SpeedLimit): AsyncGenerator<Buffer> {
  for await (const piece of archive) {
    yield piece
    await limit.after(piece.length)
  }
}

/** The last line says what it came to. */
function addedBytes(stdout: string): number {
  for (const line of stdout.trimEnd().split('\n').reverse()) {
    const added = /^\{"message_type":"summary".{0,4000}"data_added":(\d{1,15})/.exec(line)?.[1]
    if (added !== undefined) return Number(added)
  }
  return 0
}

/** What restic has kept becomes a file beside the configuration; that snapshot is the backup, and restic's goes. */
async function publish(repository: Repository, container: ContainerToSave, node: string): Promise<number> {
  const {config, firewall, takenAtMs} = container
  const unfinished = await unfinishedSnapshots(repository, container)
  const kept = unfinished.at(-1)
  const file = kept === undefined ? undefined : parseTree(await repository.load('tree', kept.tree)).find((one): one is TreeFile => one.type === 'file' && one.name === containerFiles.archive)
  if (file === undefined) throw new AppError('internal', 'restic ended well and has kept nothing')
  const texts: TreeFile[] = []
  for (const [name, text] of [[containerFiles.config, config], [containerFiles.firewall, firewall]] as const) {
    if (text === undefined || text === '') continue
    const data = Buffer.from(text)
    texts.push({type: 'file', name, sizeBytes: data.length, modifiedAtMs: takenAtMs, mode: fileMode, content: [(await repository.save('data', data)).id]})
  }
  const {id: tree} = await repository.save('tree', formatTree([...texts, {...file, mode: fileMode, modifiedAtMs: takenAtMs}]))
  const {isProtected, notes} = container
  await repository.saveSnapshot({
    takenAtMs: Math.floor(takenAtMs / 1000) * 1000, tree, hostname: node, username: 'root', paths: [guestPath(container)],
    tags: guestTags({sizeBytes: file.sizeBytes, isProtected, ...(notes === undefined ? {} : {notes})}),
  })
  for (const snapshot of unfinished) await repository.forget(snapshot.id)
  return file.sizeBytes
}

/** What restic has written of this backup so far; the newest last. */
export async function unfinishedSnapshots(repository: Pick<Repository, 'snapshots'>, backup: RepositoryBackup): Promise<NamedSnapshot[]> {
  const wanted = unfinishedOf(backup)
  return (await repository.snapshots()).filter(({tags}) => wanted.every((tag) => tags.includes(tag)))
}

function inOurWords(error: unknown, place: string): unknown {
  if (error instanceof NotFoundError) return new UnavailableError('containers come into a repository by the program restic, which is not installed', {cause: error, nextSteps: ['apt-get install restic']})
  if (error instanceof ToolError && /no space left on device|disk quota exceeded/i.test(error.failure.stderr)) return new UnavailableError(`there is not enough space in the repository ${place}`, {cause: error})
  return error
}
