// What a file system has to be mounted with beside what a configuration asks for, told by its first bytes.
import {InvalidInputError, NotFoundError} from '../../../base/index.ts'
import type {FileStat, Host} from '../../../host/index.ts'
import type {MountPoint} from '../config/index.ts'

/** The files in which ext4 keeps users' quotas, journaled with everything else; whoever is root inside makes them (ext4(5), quotacheck(8)). */
const journaledQuotas = ['usrjquota=aquota.user', 'grpjquota=aquota.group', 'jqfmt=vfsv0']
/** xfs keeps them by itself (xfs(5)). */
const ownQuotas = ['usrquota', 'grpquota']

/**
 * xfs refuses a second file system with an identity that is mounted already, as a clone has beside its source; `nouuid` lets it (xfs(5)). What can only be read
 * needs no quotas.
 * @param source a path on the host, of the kind given; what is not there yet needs nothing
 * @throws InvalidInputError for quotas of a folder, whose file system is the host's
 */
export async function withNeededOptions<P extends Pick<MountPoint, 'key' | 'options' | 'quota' | 'readOnly'>>(point: P, source: string, kind: FileStat['kind'], {files}: Pick<Host, 'files'>): Promise<P> {
  const {key, options, quota, readOnly} = point
  if (kind !== 'file' && kind !== 'block') {
    if (quota) assertMayHaveQuotas(key, true)
    return point
  }
  const isXfs = await beginsWith('XFSB', source, files)
  const added = [...(isXfs ? ['nouuid'] : []), ...(quota && !readOnly ? (isXfs ? ownQuotas : journaledQuotas) : [])]
  return added.length === 0 ? point : {...point, options: [...options, ...added]}
}

/** @throws InvalidInputError for quotas of a folder */
export function assertMayHaveQuotas(key: string, isFolder: boolean): void {
  if (!isFolder) return
  throw new InvalidInputError(`${key} is a folder and has no quotas of its own; they need a volume with a file system`, {[`${key}.quota`]: 'is for volumes with a file system'}, {nextSteps: [`Leave out quota=1, or give a volume of a size: STORAGE:8,quota=1`]})
}

async function beginsWith(magic: string, source: string, files: Host['files']): Promise<boolean> {
  try {
    return (await files.readAt(source, 0, magic.length)).toString('latin1') === magic
  } catch (error) {
    if (error instanceof NotFoundError) return false
    throw error
  }
}
