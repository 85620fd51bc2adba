// A real btrfs on a loop device, for tests.
import {execFileSync, spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

/** Why there is none here; undefined when there can be one. */
export function whyNoBtrfs(): string | undefined {
  if (process.getuid?.() !== 0) return 'loop devices need root'
  if (spawnSync('mkfs.btrfs', ['--version']).status !== 0) return 'btrfs-progs is not installed'
  if (!/\sbtrfs$/m.test(readFileSync('/proc/filesystems', 'utf8'))) return 'the kernel has no btrfs'
  const probe = spawnSync('losetup', ['-f'], {encoding: 'utf8'})
  return probe.status === 0 ? undefined : `there are no loop devices: ${probe.stderr.trim()}`
}

export interface BtrfsFileSystem { readonly image: string; readonly mountPoint: string; readonly close: () => void }

export function btrfsFileSystem(sizeMib = 512): BtrfsFileSystem {
  const folder = mkdtempSync(join(tmpdir(), 'corral-btrfs-'))
  const [image, mountPoint] = [join(folder, 'disk.img'), join(folder, 'mnt')]
  writeFileSync(image, '')
  truncateSync(image, sizeMib * 1024 ** 2)
  mkdirSync(mountPoint)
  execFileSync('mkfs.btrfs', ['-q', '--', image], {stdio: 'ignore'})
  execFileSync('mount', ['-o', 'loop', '--', image, mountPoint])
  return {image, mountPoint, close: () => {
    execFileSync('umount', ['-d', '--', mountPoint])
    rmSync(folder, {recursive: true, force: true})
  }}
}
