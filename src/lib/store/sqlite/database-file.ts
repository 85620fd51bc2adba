// The database file before SQLite sees it: made private from its first moment, and refused when others could read or change it.
// SQLite gives its -wal and -shm files the mode and owner of the database.
import {accessSync, closeSync, constants, fsyncSync, lstatSync, mkdirSync, openSync, statSync} from 'node:fs'
import {dirname} from 'node:path'
import {AppError, ForbiddenError, UnavailableError} from '../../base/index.ts'

/**
 * Makes the folder (0700) and an empty file (0600) when there are none, else checks them.
 * An existing database is never opened here: closing it again would drop the POSIX locks of other connections in this process.
 * @throws ForbiddenError when somebody else could get at it; UnavailableError when the disk is full or read-only
 */
export function ensurePrivateFile(path: string): void {
  const folder = dirname(path)
  try {
    makeFolder(folder)
    makeFile(path)
    refuseStrangers(path, folder)
    accessSync(path, constants.R_OK | constants.W_OK)
  } catch (error) {
    if (error instanceof AppError) throw error
    throw explainFileError(error, path, folder)
  }
}

function makeFolder(folder: string): void {
  const made = mkdirSync(folder, {recursive: true, mode: 0o700})
  if (made !== undefined) syncFolder(dirname(made))
}

function makeFile(path: string): void {
  let descriptor: number
  try {
    descriptor = openSync(path, 'wx', 0o600)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return
    throw error
  }
  closeSync(descriptor)
  syncFolder(dirname(path))
}

function refuseStrangers(path: string, folder: string): void {
  const uid = process.getuid?.() ?? 0
  const folderStat = statSync(folder)
  const foreignFolder = folderStat.uid !== uid && folderStat.uid !== 0
  if (foreignFolder || (folderStat.mode & 0o022) !== 0) {
    throw new ForbiddenError(`the folder ${folder} of the configuration store can be changed by other users`,
      {nextSteps: [`chown ${uid} ${folder} && chmod 700 ${folder}`]})
  }
  const fileStat = lstatSync(path)
  if (!fileStat.isFile()) throw new ForbiddenError(`the configuration store ${path} is not a regular file`)
  if (fileStat.uid !== uid && uid === 0) {
    throw new ForbiddenError(`the configuration store ${path} belongs to another user (uid ${fileStat.uid})`,
      {nextSteps: ['Run the command as that user, or give the whole folder to root.']})
  }
  if ((fileStat.mode & 0o077) !== 0) {
    throw new ForbiddenError(`the configuration store ${path} can be read by other users, and it holds secrets`,
      {nextSteps: [`chmod 600 ${path}*`]})
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function explainFileError(error: unknown, path: string, folder: string): AppError {
  const details = {cause: error, data: {path}}
  switch (codeOf(error)) {
    case 'EACCES':
    case 'EPERM':
      return new ForbiddenError(`the configuration store ${path} cannot be opened: permission denied`,
        {...details, nextSteps: ['Run the command as root or as the owner of the installation.']})
    case 'EROFS':
      return new UnavailableError(`the configuration store ${path} cannot be written: its file system is read-only`,
        {...details, nextSteps: [`See how it is mounted: findmnt -T ${folder}`]})
    case 'ENOSPC':
    case 'EDQUOT':
      return new UnavailableError(`the configuration store ${path} cannot be made: there is no space left`, details)
    default:
      return new UnavailableError(`the configuration store ${path} cannot be made`, details)
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
