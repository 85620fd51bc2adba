// Where the archive of a root file system comes from: a volume, a file of the host, or standard input. It must not know what stands in it.
import {PassThrough} from 'node:stream'
import type {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {AppError, ForbiddenError, InvalidInputError, NotFoundError} from '../../../base/index.ts'
import {compressionOf, openVolume} from '../../../storage/index.ts'
import {containerFiles} from '../../../storage/repository/container-backup.ts'
import {bytesOfFile, withBackup} from '../../../storage/repository/find-backup.ts'
import type {Context} from '../../../tasks/index.ts'

/** The word for standard input. */
export const standardInput = '-'

export interface ArchiveFile {
  /** As it was given. */
  readonly name: string
  /** Where it lies on the host; undefined: in the repository of a storage, as `name` says. */
  readonly path: string | undefined
  readonly sizeBytes: number
}

/**
 * The file of a volume or path. Only root may name a path.
 * @throws InvalidInputError for what is no archive of a container; NotFoundError; ForbiddenError
 */
export async function archiveFile(name: string, context: Context): Promise<ArchiveFile> {
  const path = name.startsWith('/') ? ownPath(name, context) : await pathOfVolume(name, context)
  if (path === undefined) return {name, path, sizeBytes: 0}
  const stat = await context.host.files.stat(path, {followLinks: true})
  if (stat === undefined) throw new NotFoundError(`there is no file ${path}`)
  if (stat.kind !== 'file') throw new InvalidInputError(`${name} is no file`, {ostemplate: 'is no file'})
  try {
    compressionOf(await context.host.files.readAt(path, 0, 512))
  } catch (cause) {
    throw new InvalidInputError(`${name} cannot be unpacked`, {ostemplate: 'is no archive'}, {cause})
  }
  return {name, path, sizeBytes: stat.sizeBytes}
}

function ownPath(path: string, {caller}: Context): string {
  if (caller.isRoot) return path
  throw new ForbiddenError('only root may name an archive by its path', {nextSteps: ['Name a volume of a storage: STORAGE:backup/NAME']})
}

async function pathOfVolume(volume: string, context: Context): Promise<string | undefined> {
  const {storage, id} = await openVolume(volume, context)
  const {content, format} = storage.parseName(id.name)
  const see = {nextSteps: [`See which there are: pvesm list ${id.storage} --content vztmpl`, `pvesm list ${id.storage} --content backup`]}
  if (content !== 'vztmpl' && content !== 'backup') throw new InvalidInputError(`${volume} is no template and no backup: it is of the kind ${content}`, {ostemplate: 'is no archive of a container'}, see)
  if (format.startsWith('vma') || format === 'restic-vm') throw new InvalidInputError(`${volume} is the backup of a virtual machine`, {ostemplate: 'is no archive of a container'}, see)
  await storage.volume(id)
  return storage.repository === undefined ? storage.attach(id) : undefined
}

/** Its bytes. @throws InvalidInputError for a terminal */
export function openArchive(source: ArchiveFile | typeof standardInput, context: Context): Readable {
  const {host, terminal} = context
  if (source !== standardInput) return source.path === undefined ? keptArchive(source.name, context) : host.files.readStream(source.path)
  if (terminal === undefined) throw new AppError('internal', 'an archive was to be read from standard input without one')
  if (terminal.input.isTTY === true) throw new InvalidInputError('an archive cannot be typed', {ostemplate: 'must come from a file or program'}, {nextSteps: ['pct restore … - < file']})
  return terminal.input
}

/** The archive of a backup in a repository, which is open until the stream is at its end or given up. */
function keptArchive(volume: string, context: Context): Readable {
  const stream = new PassThrough({highWaterMark: 1024 * 1024})
  withBackup(volume, context, async (repository, {files}) => {
    const archive = files.find(({name}) => name === containerFiles.archive)
    if (archive === undefined) throw new InvalidInputError(`the backup ${volume} holds no ${containerFiles.archive}`)
    await pipeline(bytesOfFile(repository, archive), stream)
  }).catch((error: unknown) => { stream.destroy(error instanceof Error ? error : new Error(String(error))) })
  return stream
}
