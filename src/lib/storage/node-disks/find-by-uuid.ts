// Finds the device that holds a file system by the file system's UUID. udev makes links by it; where there is no udev, blkid(8) reads the devices.
import {NotFoundError} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'

const timeoutMs = 30_000

/** @throws NotFoundError */
export async function findByUuid(uuid: string, {host, signal}: Pick<Context, 'host' | 'signal'>): Promise<string> {
  try {
    return await host.files.realPath(`/dev/disk/by-uuid/${uuid}`)
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
  }
  // It ends with 2 where nothing has the UUID.
  const {stdout} = await host.run(['blkid', '--cache-file', '/dev/null', '--uuid', uuid], {timeoutMs, signal, okExitCodes: [0, 2]})
  const path = stdout.trim()
  if (!path.startsWith('/dev/')) throw new NotFoundError(`no device has the UUID ${uuid}`)
  return path
}
