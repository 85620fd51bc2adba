// The programs of a backup of a container: tar, which writes the archive as Proxmox VE's does, and rsync, which copies the files of a running one. Pure. Both run
// in the jail of the backup's mount space (backup-space.ts), as the container's root.
import type {BackedUpPoint} from './backup-space.ts'
import {placeInBackup, rootInBackup} from './backup-space.ts'
import {rsyncExcludes, tarExcludes} from './excludes.ts'
import type {Excludes} from './excludes.ts'

/** As tar names the folder of a mount point: `./`, `./srv`. */
function nameInArchive({path}: BackedUpPoint): string {
  return path === '/' ? './' : `.${path}`
}

/** Writes a plain archive to standard output. */
export function tarArgv(points: readonly BackedUpPoint[], excludes: Excludes): string[] {
  return [
    'tar', '--create', '--file=-', '--format=posix', '--one-file-system', '--preserve-permissions', '--sparse', '--numeric-owner', '--acls', '--xattrs', '--xattrs-include=user.*',
    '--xattrs-include=security.capability', '--warning=no-file-ignored', '--warning=no-xattr-write',
    ...tarExcludes(excludes, points.map(({path}) => path === '/' ? '.' : `.${path}`)), ...points.flatMap((point) => [`--directory=${rootInBackup(point)}`, nameInArchive(point)]),
  ]
}

/** In the jail, the folder that takes the copy. */
export const copyPlace = '/copy'

/**
 * Copies a mount point; a second time, what has changed. Times are compared to the nanosecond, since a file may change twice within a second. Not with
 * `--delete-excluded`: together with filters of attributes it takes the access lists of the copy away.
 */
export function rsyncArgv(point: BackedUpPoint, excludes: Excludes, isMapped: boolean): string[] {
  return [
    'rsync', '--archive', '--hard-links', '--acls', '--xattrs', '--numeric-ids', '--sparse', '--one-file-system', '--no-whole-file', '--modify-window=-1', '--delete',
    // Nobody makes devices in a user namespace; containers find their own.
    ...(isMapped ? ['--no-devices'] : []),
    '--filter=+x_user.*', '--filter=+x_security.capability', '--filter=-x_*', ...rsyncExcludes(excludes, point.path), '--', `${placeInBackup(point)}/`, `${copyPlace}/${point.key}/`,
  ]
}
