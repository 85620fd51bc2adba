// From the name of a backup to its snapshot, and to the files in it.
import {InvalidInputError, NotFoundError} from '../../base/index.ts'
import {openVolume} from '../open-storage.ts'
import type {StorageContext} from '../open-storage.ts'
import type {RepositoryBackup} from './backup-name.ts'
import {backupName, readBackupName} from './backup-name.ts'
import {readGuestSnapshot} from './guest-snapshot.ts'
import type {NamedSnapshot, Repository} from './repository.ts'
import {parseTree} from './tree.ts'
import type {TreeFile} from './tree.ts'

const maxTextBytes = 1024 * 1024

/** A backup with what is in it; nothing of the files is read yet. */
export interface OpenBackup {
  readonly backup: RepositoryBackup
  readonly snapshot: NamedSnapshot
  readonly files: readonly TreeFile[]
}

/** All snapshots with the name of a backup, the newest last: one, but for what other hands have made. */
export async function snapshotsOf(repository: Pick<Repository, 'snapshots'>, backup: RepositoryBackup): Promise<NamedSnapshot[]> {
  const name = backupName(backup)
  return (await repository.snapshots()).filter((snapshot) => {
    const its = readGuestSnapshot(snapshot)
    return its !== undefined && backupName(its) === name
  })
}

/**
 * Lends a backup; nobody takes its data away meanwhile.
 * @throws NotFoundError when it is not there; InvalidInputError when it is damaged, or no backup in a repository
 */
export async function withBackup<R>(volume: string, context: StorageContext, work: (repository: Repository, backup: OpenBackup) => Promise<R>): Promise<R> {
  const {storage: {repository}, id} = await openVolume(volume, context)
  const backup = readBackupName(id.name)
  if (repository === undefined || backup === undefined) throw new InvalidInputError(`${volume} is no backup in a repository`, {volume: 'is no backup in a repository'})
  return repository.use(async (open) => {
    const snapshot = (await snapshotsOf(open, backup)).at(-1)
    if (snapshot === undefined) throw new NotFoundError(`there is no backup ${volume}`, {nextSteps: [`See which there are: pvesm list ${id.storage} --content backup`]})
    const files = parseTree(await open.load('tree', snapshot.tree)).filter((node): node is TreeFile => node.type === 'file')
    return work(open, {backup, snapshot, files})
  })
}

/** The text of the guest's configuration. @throws as withBackup; NotFoundError when there is none in it */
export async function keptConfig(volume: string, context: StorageContext): Promise<string> {
  return withBackup(volume, context, async (repository, {files}) => {
    const text = await textIn(repository, files, 'qemu-server.conf') ?? await textIn(repository, files, 'pct.conf')
    if (text === undefined) throw new NotFoundError(`the backup ${volume} holds no configuration`)
    return text
  })
}

/** A small file as text. @returns undefined when there is none by that name @throws InvalidInputError when it is too large or no text */
export async function textIn(repository: Pick<Repository, 'load'>, files: readonly TreeFile[], name: string): Promise<string | undefined> {
  const file = files.find((one) => one.name === name)
  if (file === undefined) return undefined
  if (file.sizeBytes > maxTextBytes || file.content.length > 4) throw new InvalidInputError(`the backup is damaged: its ${name} has ${file.sizeBytes} bytes`)
  const pieces: Buffer[] = []
  for (const id of file.content) pieces.push(await repository.load('data', id))
  const data = Buffer.concat(pieces)
  if (data.length !== file.sizeBytes) throw new InvalidInputError(`the backup is damaged: its ${name} does not have its ${file.sizeBytes} bytes`)
  const text = data.toString('utf8')
  if (text.includes('\0')) throw new InvalidInputError(`the backup is damaged: its ${name} is no text`)
  return text
}

/** How many pieces are fetched ahead. */
const aheadCount = 3

/** The bytes of a file, from its beginning. @throws InvalidInputError when a piece is damaged, or they are not as many as they should be */
export async function* bytesOfFile(repository: Pick<Repository, 'load'>, {name, sizeBytes, content}: TreeFile): AsyncGenerator<Buffer> {
  const ahead: Promise<Buffer>[] = []
  let begun = 0
  let doneBytes = 0
  const begin = (): void => {
    const id = content[begun++]
    if (id === undefined) return
    const piece = repository.load('data', id)
    // Whoever takes it is told.
    piece.catch(() => undefined)
    ahead.push(piece)
  }
  for (let index = 0; index < aheadCount; index++) begin()
  for (let piece = await ahead.shift(); piece !== undefined; piece = await ahead.shift()) {
    begin()
    doneBytes += piece.length
    if (doneBytes > sizeBytes) break
    yield piece
  }
  if (doneBytes !== sizeBytes) throw new InvalidInputError(`the backup is damaged: ${name} does not have its ${sizeBytes} bytes`)
}
