// A file system of a guest, mounted where nobody else sees it, from a temporary copy that goes away with us. The kernel's own drivers read it, which trust what they read more than is good for
// what a stranger has written: only who asks for it gets it (docs/backup.md). No device in it can be opened and nothing in it is run or gets rights.
import {InvalidInputError, ToolError, UnavailableError, UnsupportedError} from '../../../base/index.ts'
import type {FileTree, MountSpace} from '../../../host/index.ts'
import {makeJail, rootInJail, withFewRights} from '../../../guest/lxc/mount-space/jail.ts'
import {mountBase} from '../../../guest/lxc/runtime/paths.ts'
import type {Context} from '../../../tasks/index.ts'

/** A type that kernels have drivers for. */
interface MountableType {
  readonly driver: string
  /** The first is as the guest would mount it: what its journal still holds is put into the copy. The second leaves the journal alone, for what can only be mounted so. */
  readonly options: readonly [readonly string[], readonly string[]]
}

/** `errors`: an ext4 may ask for a panic of the kernel that finds it damaged; it is not asked. */
const ofExt: MountableType = {driver: 'ext4', options: [['errors=remount-ro', 'noinit_itable'], ['ro', 'noload', 'errors=remount-ro']]}
const types: Readonly<Record<string, MountableType>> = {
  ext2: ofExt, ext3: ofExt, ext4: ofExt,
  xfs: {driver: 'xfs', options: [['nouuid'], ['ro', 'nouuid', 'norecovery']]},
  btrfs: {driver: 'btrfs', options: [[], ['ro', 'rescue=nologreplay']]},
  vfat: {driver: 'vfat', options: [['ro'], ['ro']]},
  ntfs: {driver: 'ntfs3', options: [['ro'], ['ro']]},
}
const limitMs = 10 * 60_000
const place = `${mountBase}/files`

export interface MountedFiles {
  readonly tree: FileTree
  /** Pure: the program that writes these paths as a tar archive, and the folders above them not; for `host`. */
  readonly tarArgv: (paths: readonly string[]) => string[]
  /** Runs programs where the file system is mounted. */
  readonly host: Context['host']
}

/** @throws UnsupportedError for what cannot be mounted, with another way */
export function assertMountable(holds: string | undefined, where: string, volume: string): void {
  if (holds !== undefined && types[holds] !== undefined) return
  const what = holds === undefined ? 'no file system that is known' : kinds[holds] ?? `a file system of type ${holds}`
  throw new UnsupportedError(`${where} holds ${what}, in which single files are not looked for`, {
    nextSteps: [`Restore the machine under another number, and read the disk there: qmrestore ${volume} VMID --unique`, 'Of a backup in a repository, an archive can be made for other programs: corral backup export'],
  })
}

const kinds: Readonly<Record<string, string>> = {
  lvm: 'a volume group of LVM', luks: 'an encrypted device (LUKS)', bitlocker: 'an encrypted volume (BitLocker)', raid: 'a part of a RAID', swap: 'swap space',
}

/** Pure. @param attempt as in `options` of the type */
export function mountFileSystemArgv(holds: string, attempt: 0 | 1, file: {readonly path: string; readonly offset: number}, sizeBytes: number): string[] {
  const {driver, options} = types[holds] ?? {driver: holds, options: [[], []]}
  const all = ['loop', `offset=${file.offset}`, `sizelimit=${sizeBytes}`, 'nodev', 'nosuid', 'noexec', 'noatime', ...options[attempt]]
  return ['mount', '--no-canonicalize', '-t', driver, '-o', all.join(','), '--', file.path, place]
}

/**
 * Lends the files.
 * @param file holds the file system at the offset
 * @throws InvalidInputError when it is damaged; UnsupportedError when the kernel has no driver for it; what the work throws
 */
export async function withMountedFiles<R>(holds: string, file: {readonly path: string; readonly offset: number}, sizeBytes: number, context: Context, work: (files: MountedFiles) => Promise<R>): Promise<R> {
  const {host, signal} = context
  const space = await host.openMountSpace()
  try {
    if (await host.files.stat(mountBase) === undefined) await host.files.makeDirectory(mountBase, 0o755)
    await space.run(['mount', '-t', 'tmpfs', '-o', 'mode=700,size=1m,nr_inodes=1k,nodev,nosuid', 'tmpfs', mountBase], {signal})
    await space.run(['mkdir', '--', place], {signal})
    await mountFiles(holds, file, sizeBytes, space, context)
    const jail = withFewRights(await makeJail({folder: `${mountBase}/jail`, root: place, inner: [], hasNames: false}, space))
    const tree = await host.openTree(space.pathOf(place))
    try {
      return await work({
        tree, host: {...host, run: (argv, options) => space.run(argv, options)},
        tarArgv: (paths) => [
          ...jail, 'tar', '--create', '--file=-', '--format=posix', '--preserve-permissions', '--sparse', '--numeric-owner', '--acls', '--xattrs', '--xattrs-include=user.*', '--xattrs-include=security.capability',
          '--warning=no-file-ignored', '--warning=no-xattr-write', `--directory=${rootInJail}`, '--', ...paths.map((path) => `./${path}`),
        ],
      })
    } finally {
      tree.close()
    }
  } finally {
    await space.close()
  }
}

async function mountFiles(holds: string, file: {readonly path: string; readonly offset: number}, sizeBytes: number, space: MountSpace, {signal, log}: Context): Promise<void> {
  const mount = (attempt: 0 | 1) => space.run(mountFileSystemArgv(holds, attempt, file, sizeBytes), {signal, timeoutMs: limitMs})
  try {
    try {
      await mount(0)
    } catch (error) {
      if (!(error instanceof ToolError) || isUnknown(error)) throw error
      await mount(1)
      log.warn('the file system is read without what its journal still holds; what was written last may be missing')
    }
    await space.run(['mount', '-o', 'remount,ro', '--', place], {signal, timeoutMs: limitMs})
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    if (isUnknown(error)) throw new UnsupportedError(`the kernel of this host reads no ${holds}`, {cause: error, nextSteps: [`See what it reads: cat /proc/filesystems`, 'Restore the machine under another number, and read the disk there: qmrestore']})
    if (/loop device/i.test(error.failure.stderr)) throw new UnavailableError('there is no loop device for the file system', {cause: error, nextSteps: ['See which are in use: losetup --list']})
    throw new InvalidInputError(`the file system (${holds}) cannot be mounted; it is damaged, or was in the middle of something when it was backed up`, {path: 'cannot be mounted'}, {cause: error, nextSteps: ['Restore the machine under another number, where its file systems can be checked: qmrestore']})
  }
}

function isUnknown(error: ToolError): boolean {
  return /unknown filesystem type/.test(error.failure.stderr)
}
