// How QEMU reads and writes a drive's file on the host: through the page cache or past it, with which kind of asynchronous I/O.
import {isCdrom} from '../config/index.ts'
import type {Drive} from '../config/index.ts'
import type {DriveBacking} from './input.ts'

type Storage = DriveBacking['storage']

/** Disks go past the host's page cache unless `cache` says otherwise. btrfs cannot do so with checksums on. */
export function bypassesHostCache(drive: Drive, storage: Storage): boolean {
  if (drive.cache !== undefined) return drive.cache === 'none' || drive.cache === 'directsync'
  return !isCdrom(drive) && !(storage?.type === 'btrfs' && storage.options['nocow'] !== true)
}

/** io_uring where the host has it and the storage gets along with it; else native I/O, which needs direct access, or threads. */
export function aioMode(drive: Drive, storage: Storage, isDirect: boolean, hasIoUring: boolean): 'io_uring' | 'native' | 'threads' {
  if (drive.aio !== undefined) return drive.aio
  if (hasIoUring && getsAlongWithIoUring(storage, isDirect)) return 'io_uring'
  return isDirect ? 'native' : 'threads'
}

/** LVM and kernel RBD hang with io_uring through the page cache, CIFS loses requests. */
function getsAlongWithIoUring(storage: Storage, isDirect: boolean): boolean {
  if (storage === undefined) return true
  if (storage.type === 'rbd' && storage.options['krbd'] === true) return isDirect
  return !['lvm', 'lvmthin', 'cifs'].includes(storage.type)
}

/** Writes of zeroes become holes; with `discard` they free space in the storage as well. */
export function detectZeroes(drive: Drive): 'off' | 'on' | 'unmap' {
  if (drive.detect_zeroes === false) return 'off'
  return drive.discard === 'on' ? 'unmap' : 'on'
}
