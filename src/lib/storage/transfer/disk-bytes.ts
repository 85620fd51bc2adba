// The bytes of a disk as its guest sees them, whatever its format and wherever it lies: qemu-nbd opens it, with the format named, and hands it out
// over a socket that only we can reach.
import {randomBytes} from 'node:crypto'
import type {Clock} from '../../base/index.ts'
import {ConflictError, NotFoundError, ToolError, UnavailableError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {temporaryName} from '../../host/index.ts'
import type {ImageName} from '../storage.ts'
import type {NbdDisk} from './nbd-client.ts'
import {openNbd} from './nbd-client.ts'

export interface DiskAccess {
  readonly host: Host
  readonly clock: Clock
  readonly signal: AbortSignal
}

export interface DiskWish {
  readonly image: ImageName
  readonly isReadOnly: boolean
}

/** Where the folders of our sockets lie: a socket's path may not be long. */
export const socketFolders = '/tmp'
/** The name of the socket in such a folder. */
export const socketName = 's'
/** That of the monitor of a program which reads disks for us, beside it. */
export const monitorName = 'm'

/** Copies of whole disks; the stream's own limit ends what stands still. */
const runLimitMs = 7 * 24 * 3600_000
const startLimitMs = 30_000
const pollMs = 20

/** Pure. */
export function nbdArgv(socket: string, {image, isReadOnly}: DiskWish): string[] {
  // A snapshot within an image does not change, so the guest may have the image open; qemu-nbd is told so by an option of the image only.
  const options = image.internalSnapshot === undefined ? image.options : image.options ?? {driver: image.format, 'force-share': 'on', 'file.driver': 'file', 'file.filename': image.path}
  return [
    'qemu-nbd', `--socket=${socket}`, ...isReadOnly ? ['--read-only'] : ['--discard=unmap'],
    ...image.internalSnapshot === undefined ? [] : [`--load-snapshot=snapshot.name=${image.internalSnapshot}`],
    ...options === undefined ? [`--format=${image.format}`, '--', image.path]
      : ['--image-opts', '--', Object.entries(options).map(([name, value]) => `${name}=${value.replaceAll(',', ',,')}`).join(',')],
  ]
}

/**
 * Lends the disk to `work`. What was written is flushed by `work` itself.
 * @throws ConflictError when the disk is in use, UnavailableError
 */
export async function withDiskBytes<R>(access: DiskAccess, wish: DiskWish, work: (disk: NbdDisk) => Promise<R>): Promise<R> {
  const {host} = access
  // Its name says whose it is, so that it is found when we are killed (nbd-leftovers-check.ts).
  const own = await host.process(process.pid) ?? {pid: process.pid, startTime: '0'}
  const folder = `${socketFolders}/${temporaryName(own, randomBytes(16).toString('hex'))}`
  await host.files.makeDirectory(folder, 0o700)
  const stop = new AbortController()
  const server = host.run(nbdArgv(`${folder}/${socketName}`, wish), {diesWithUs: true, timeoutMs: runLimitMs, signal: AbortSignal.any([access.signal, stop.signal]), maxOutputBytes: 16 * 1024})
  const failed = server.then(() => { throw new UnavailableError('qemu-nbd ended before its work was done') }, (error: unknown) => { throw inOurWords(error, wish.image.path) })
  failed.catch(() => undefined)
  try {
    const socket = await Promise.race([failed, connected(access, `${folder}/${socketName}`, failed)])
    // It may close the connection at any time; whoever reads or writes it next is told.
    socket.on('error', () => undefined)
    try {
      const disk = await Promise.race([failed, openNbd(socket, access)])
      const result = await work(disk)
      disk.close()
      // It ends by itself when its only client has gone, and with an error when it could not write everything down.
      await server.catch((error: unknown) => { throw inOurWords(error, wish.image.path) })
      return result
    } finally {
      socket.destroy()
    }
  } finally {
    stop.abort()
    await server.catch(() => undefined)
    await host.files.removeTree(folder)
  }
}

async function connected({host, clock}: DiskAccess, path: string, failed: Promise<never>): ReturnType<Host['connect']> {
  const endMs = clock.now() + startLimitMs
  let isOver = false
  failed.catch(() => { isOver = true })
  for (;;) {
    if (await host.files.stat(path) !== undefined) {
      try {
        return await host.connect(path)
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error
      }
    }
    if (isOver || clock.now() >= endMs) throw new UnavailableError(`qemu-nbd does not come up within ${startLimitMs / 1000} s`)
    await clock.sleep(pollMs)
  }
}

function inOurWords(error: unknown, path: string): unknown {
  if (error instanceof NotFoundError) return new UnavailableError('qemu-nbd is not installed', {cause: error, nextSteps: ['apt-get install qemu-utils']})
  if (error instanceof ToolError && /Failed to get (?:shared )?"[^"\n]{1,32}" lock|Is another process using the image/.test(error.failure.stderr)) {
    return new ConflictError(`${path} is in use by another process`, {cause: error, nextSteps: ['Stop the guest, or take a snapshot and name it (--snapshot).']})
  }
  return error
}
