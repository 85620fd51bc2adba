// The repository of a section on its host: made when it is not there, opened with the password of the storage, and what the program restic is told of it.
import type {Clock} from '../../base/index.ts'
import {ForbiddenError, InvalidInputError, NotFoundError, UnavailableError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {isMountPoint} from '../dir/mounts.ts'
import {underLock} from '../repository/locks.ts'
import {zstdOn} from '../repository/packed.ts'
import {filesInFolder} from '../repository/repository-files.ts'
import type {RepositoryFiles} from '../repository/repository-files.ts'
import {initRepository, openRepository} from '../repository/repository.ts'
import type {Repository} from '../repository/repository.ts'
import type {StorageRepository} from '../repository/storage-repository.ts'
import {ensureSecretFile} from '../secret-file.ts'
import type {StorageSecret} from '../storage.ts'
import type {RepositoryPlace} from './place.ts'

export interface PlacedRepository extends StorageRepository {
  /** Whether other hosts see it as well. */
  readonly isRemote: boolean
  /** Makes the repository where there is none yet, and opens it. @throws as use; ConflictError when something else lies in its folder */
  makeReady(): Promise<void>
  space(): ReturnType<RepositoryFiles['space']>
}

interface Surroundings {
  readonly host: Host
  readonly clock: Clock
  readonly secret: StorageSecret | undefined
}

/** Touches nothing yet. */
export function repositoryOf(storage: string, place: RepositoryPlace, {host, clock, secret}: Surroundings): PlacedRepository {
  const compressor = zstdOn(host)
  const withFiles = async <R>(work: (files: RepositoryFiles) => Promise<R>): Promise<R> => {
    await assertMounted(storage, place, host)
    const files = await openFiles(place, {host, clock})
    try {
      return await work(files)
    } finally {
      await files.close()
    }
  }
  const open = (files: RepositoryFiles) => opened(storage, () => openRepository({files, compressor}, passwordOf(storage, secret)))
  return {
    place: shownPlace(place), isRemote: place.server !== undefined,
    use: (work, {lock = 'shared'} = {}) => withFiles(async (files) => {
      const repository = await open(files)
      return lock === 'none' ? work(repository) : underLock(repository, lock === 'exclusive', {host, clock}, () => work(repository))
    }),
    makeReady: () => withFiles(async (files) => {
      if (await files.readConfig() !== undefined) await open(files)
      else await initRepository({files, compressor}, passwordOf(storage, secret), {hostname: host.name, username: 'root', createdAtMs: clock.now()})
    }),
    space: () => withFiles(async (files) => {
      if (await files.readConfig() === undefined) throw new NotFoundError(`there is no repository in ${files.place}`)
      return files.space()
    }),
    restic: (words) => ({argv: resticArgv(place, words), env: {RESTIC_PASSWORD_FILE: secret?.path ?? '/dev/null', RESTIC_REPOSITORY: resticName(place)}}),
    makeReadyForRestic: async () => { if (secret !== undefined) await ensureSecretFile(host, secret) },
  }
}

async function openFiles(place: RepositoryPlace, {host, clock}: Pick<Surroundings, 'host' | 'clock'>): Promise<RepositoryFiles> {
  const {path, server} = place
  if (server === undefined) return filesInFolder(host, path)
  const [{SftpSession}, {filesOverSftp}] = await Promise.all([import('../repository/sftp/session.ts'), import('../repository/sftp/files.ts')])
  return filesOverSftp(await SftpSession.open(server, host, clock), path, shownPlace(place))
}

/** @throws UnavailableError */
async function assertMounted(storage: string, {mountPoint}: RepositoryPlace, host: Host): Promise<void> {
  if (mountPoint === undefined || isMountPoint(await host.files.readText('/proc/self/mountinfo'), mountPoint)) return
  throw new UnavailableError(`storage '${storage}' is not there: nothing is mounted at ${mountPoint}`, {
    nextSteps: [`Mount it: mount ${mountPoint}`, `If it is no mount point: pvesm set ${storage} --is_mountpoint no`],
  })
}

/** The text of the file is a line. */
function passwordOf(storage: string, secret: StorageSecret | undefined): string {
  if (secret !== undefined) return secret.text.replace(/\n$/, '')
  throw new InvalidInputError(`storage '${storage}' has no password, without which its repository cannot be opened`, {password: 'is missing'}, {nextSteps: [`pvesm set ${storage} --password <password>`]})
}

async function opened(storage: string, open: () => Promise<Repository>): Promise<Repository> {
  try {
    return await open()
  } catch (error) {
    if (error instanceof NotFoundError) {
      throw new NotFoundError(error.message, {cause: error, nextSteps: ['Mount what it lies on, or bring its folder back.', `To begin a new one: pvesm remove ${storage}, then pvesm add restic ${storage} as before.`]})
    }
    if (!(error instanceof ForbiddenError)) throw error
    throw new ForbiddenError(`the password of storage '${storage}' does not open its repository`, {cause: error, nextSteps: [`Set the right one: pvesm set ${storage} --password <password>`]})
  }
}

function shownPlace({path, server}: RepositoryPlace): string {
  return server === undefined ? path : `${server.name}:${path}`
}

/** As restic names repositories (restic(1)): a path, or `sftp:`, the server, which the command of ours knows, and the path. */
function resticName({path, server}: RepositoryPlace): string {
  return server === undefined ? path : `sftp:${server.name}:${path}`
}

function resticArgv({server}: RepositoryPlace, words: readonly string[]): readonly string[] {
  return ['restic', '--no-cache', ...(server === undefined ? [] : ['-o', `sftp.command=${server.argv.join(' ')}`]), ...words]
}
