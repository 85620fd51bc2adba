// The repository of a storage, for those who put backups into it and take them out: opened, locked, and closed when the work is done.
import type {Repository} from './repository.ts'

export interface UseOptions {
  /**
   * What others may do meanwhile. `shared` (the default): whatever keeps the data where it is. `exclusive`: nothing. `none`: anything, for a look at the list of
   * backups, which is right at any time; data may be moved away.
   */
  readonly lock?: 'shared' | 'exclusive' | 'none'
}

/** What starts the program restic on the repository. The password stands in a file that it reads, and nowhere else. */
export interface ResticCall {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export interface StorageRepository {
  /** For messages: `/mnt/backup`, `backup@nas:/srv/corral`. */
  readonly place: string
  /**
   * @throws UnavailableError when the place is not there; NotFoundError when there is no repository in it; ForbiddenError for a wrong password;
   * ConflictError naming who is in the way
   */
  use<R>(work: (repository: Repository) => Promise<R>, options?: UseOptions): Promise<R>
  /** Pure. @param words the command and its arguments */
  restic(words: readonly string[]): ResticCall
  /** Makes the file of the password, which the program reads. */
  makeReadyForRestic(): Promise<void>
}
