// What a file system has to be mounted with beside what a configuration asks for, told by its first bytes.
import {NotFoundError} from '../../../base/index.ts'
import type {FileStat, Host} from '../../../host/index.ts'
import type {MountPoint} from '../config/index.ts'

/**
 * xfs refuses a second file system with an identity that is mounted already, as a clone has beside its source; `nouuid` lets it (xfs(5)).
 * @param source a path on the host, of the kind given; what is not there yet needs nothing
 */
export async function withNeededOptions<P extends Pick<MountPoint, 'options'>>(point: P, source: string, kind: FileStat['kind'], {files}: Pick<Host, 'files'>): Promise<P> {
  if (kind !== 'file' && kind !== 'block') return point
  return await beginsWith('XFSB', source, files) ? {...point, options: [...point.options, 'nouuid']} : point
}

async function beginsWith(magic: string, source: string, files: Host['files']): Promise<boolean> {
  try {
    return (await files.readAt(source, 0, magic.length)).toString('latin1') === magic
  } catch (error) {
    if (error instanceof NotFoundError) return false
    throw error
  }
}
