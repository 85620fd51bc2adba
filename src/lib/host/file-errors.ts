// Turns the errno of a file operation into one of our errors: a sentence, and what the user can do about it.
import type {AppError} from '../base/index.ts'
import {ConflictError, ForbiddenError, InvalidInputError, NotFoundError, UnavailableError} from '../base/index.ts'

/**
 * @param doing what was tried, in the form "write /etc/x"
 * @param path the file concerned, named in the next steps
 */
export function fileError(error: unknown, doing: string, path: string): AppError {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const details = {cause: error, data: {path, code}}
  switch (code) {
    case 'ENOENT':
      return new NotFoundError(`cannot ${doing}: there is no such file or folder`, details)
    case 'EEXIST':
      return new ConflictError(`cannot ${doing}: it exists already`, details)
    case 'ENOTEMPTY':
      return new ConflictError(`cannot ${doing}: the folder is not empty`, details)
    case 'EBUSY':
    case 'ETXTBSY':
      return new ConflictError(`cannot ${doing}: it is in use`, {...details, nextSteps: [`Find out who uses it: fuser -vm ${path}`]})
    case 'EACCES':
    case 'EPERM':
      return new ForbiddenError(`cannot ${doing}: permission denied`, {...details, nextSteps: [`Run the command as a user that may use ${path}, most often root.`]})
    case 'ENOSPC':
      return new UnavailableError(`cannot ${doing}: the file system is full`, {...details, nextSteps: [`Make room on the file system of ${path} (df ${path}), then repeat the command.`]})
    case 'EDQUOT':
      return new UnavailableError(`cannot ${doing}: the quota is used up`, {...details, nextSteps: [`Raise the quota or make room on the file system of ${path}, then repeat the command.`]})
    case 'EROFS':
      return new UnavailableError(`cannot ${doing}: the file system is read-only`, {...details, nextSteps: [`See why with: findmnt -T ${path}; a disk error makes the kernel mount read-only (journalctl -k).`]})
    case 'EIO':
      return new UnavailableError(`cannot ${doing}: the disk reports an error`, {...details, nextSteps: ['Look for disk errors with: journalctl -k']})
    case 'ESTALE':
    case 'ENOTCONN':
    case 'EHOSTDOWN':
    case 'ETIMEDOUT':
      return new UnavailableError(`cannot ${doing}: the network file system does not answer`, {...details, nextSteps: [`Check the mount: findmnt -T ${path}`]})
    case 'EMFILE':
    case 'ENFILE':
      return new UnavailableError(`cannot ${doing}: too many files are open`, details)
    case 'ENAMETOOLONG':
    case 'ENOTDIR':
    case 'EISDIR':
    case 'ELOOP':
    case 'EINVAL':
    case 'ERR_INVALID_ARG_VALUE':
      return new InvalidInputError(`cannot ${doing}: ${reasonOf(code)}`, {}, details)
    default:
      return new UnavailableError(`cannot ${doing}${code === '' ? '' : ` (${code})`}`, details)
  }
}

function reasonOf(code: string): string {
  switch (code) {
    case 'ENAMETOOLONG': return 'the name is too long'
    case 'ENOTDIR': return 'a part of the path is not a folder'
    case 'EISDIR': return 'it is a folder'
    case 'ELOOP': return 'there is a symbolic link where none may be, or a loop of them'
    default: return 'the path is not valid'
  }
}
