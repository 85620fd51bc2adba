// Images as block devices of the kernel (krbd), under a path that their names say. Ceph's udev rules make such paths where they are installed
// and udev runs; where not, a link is made here.
import {dirname} from 'node:path'
import {ToolError, UnavailableError} from '../../base/index.ts'
import type {PoolOnHost} from './pool.ts'
import {change, exitCodes, watchersOf} from './pool.ts'
import {mapArgv, unmapArgv, unmapImageArgv} from './rbd-argv.ts'

/** Right as well when the device is there. @throws UnavailableError when the kernel cannot do it */
export async function attachDevice(on: PoolOnHost, image: string, snapshot: string | undefined, path: string): Promise<void> {
  const {files} = on.host
  if ((await files.stat(path, {followLinks: true}))?.kind === 'block') return
  const device = await mapped(on, image, snapshot)
  if ((await files.stat(path, {followLinks: true}))?.kind === 'block') return
  await files.remove(path)
  await files.makeDirectory(dirname(path), 0o755)
  await files.symlink(device, path)
}

async function mapped(on: PoolOnHost, image: string, snapshot: string | undefined): Promise<string> {
  try {
    const device = (await change(on, mapArgv(on, image, snapshot))).stdout.trim()
    if (/^\/dev\/rbd\d{1,6}$/.test(device)) return device
    throw new UnavailableError(`storage '${on.storage}' cannot be used: rbd did not say which device it made`)
  } catch (error) {
    if (error instanceof ToolError && /module rbd not found|failed to load rbd kernel module|sysfs write failed/.test(error.failure.stderr)) {
      throw new UnavailableError(`storage '${on.storage}' cannot be used: the host's kernel does not open the image`, {
        cause: error, nextSteps: ['modprobe rbd', `Let QEMU open the images instead: pvesm set ${on.storage} --krbd 0`],
      })
    }
    throw error
  }
}

/** A device that is still open stays, and so does what is no device. */
export async function detachDevice(on: PoolOnHost, path: string): Promise<void> {
  const {files} = on.host
  if ((await files.stat(path, {followLinks: true}))?.kind !== 'block') return
  const {exitCode} = await change(on, unmapArgv(on, path), {okExitCodes: [0, exitCodes.busy]})
  if (exitCode === 0 && (await files.stat(path))?.kind === 'symlink') await files.remove(path)
}

/**
 * Takes away this host's device of an image, so that Ceph does not count the host among those who have the image open. A worker that was killed right after it had made the
 * device leaves one that has no path yet; Ceph is asked for that one by the name of the image. One that is open stays.
 */
export async function letGoOfImage(on: PoolOnHost, image: string, path: string): Promise<void> {
  if (!on.options.isKernel) return
  await detachDevice(on, path)
  if (await watchersOf(on, image) > 0) await change(on, unmapImageArgv(on, image), {okExitCodes: [0, exitCodes.busy, exitCodes.notValid]})
}

/** How many of those who have an image open are this host's kernel. */
export async function ownDevices(on: PoolOnHost, path: string): Promise<number> {
  return on.options.isKernel && (await on.host.files.stat(path, {followLinks: true}))?.kind === 'block' ? 1 : 0
}
