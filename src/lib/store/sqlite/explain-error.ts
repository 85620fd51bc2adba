// SQLite's result codes (sqlite.org/rescode.html) as errors that say what a user can do.
import {AppError, ForbiddenError, UnavailableError} from '../../base/index.ts'

/** The error of a statement or of opening the file; what SQLite said stays as the cause. */
export function explainSqliteError(error: Error, path: string): AppError {
  const details = {cause: error, data: {path}}
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  switch (code) {
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
    case 'SQLITE_PROTOCOL':
      return new UnavailableError(`the configuration store ${path} is kept busy by another process`,
        {...details, nextSteps: ['Try again; a process that was stopped (Ctrl-Z) while it wrote must be continued or ended first.']})
    case 'SQLITE_FULL':
      return new UnavailableError(`there is no space left for the configuration store ${path}`,
        {...details, nextSteps: [`Free space on the file system (df ${path}).`]})
    case 'SQLITE_READONLY':
      return new UnavailableError(`the configuration store ${path} cannot be written: it is read-only`,
        {...details, nextSteps: [`Check how the file system is mounted (findmnt -T ${path}) and who owns the file.`]})
    case 'SQLITE_CORRUPT':
    case 'SQLITE_NOTADB':
      return new AppError('internal', `the configuration store ${path} is damaged`, {
        ...details,
        nextSteps: [
          'Stop all work, keep a copy of the file with its -wal and -shm files, and restore it from a backup.',
          `What is still readable can be saved with: sqlite3 ${path} .recover`,
        ],
      })
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_PERM':
    case 'SQLITE_AUTH':
      return new ForbiddenError(`the configuration store ${path} cannot be opened`,
        {...details, nextSteps: ['Run the command as root or as the owner of the installation.']})
    case 'SQLITE_IOERR':
      return new UnavailableError(`reading or writing the configuration store ${path} failed`,
        {...details, nextSteps: ['Look for disk errors (dmesg) and for a full disk.']})
    default:
      return new AppError('internal', `the configuration store ${path} gave an unexpected error`, details)
  }
}
