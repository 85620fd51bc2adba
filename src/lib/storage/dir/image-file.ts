// Makes and grows image files with qemu-img, under a name that nobody else can have taken.
import type {AppError} from '../../base/index.ts'
import {InvalidInputError, ToolError, UnavailableError, UnsupportedError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import type {Format} from '../storage.ts'
import type {Preallocation} from './options.ts'
import {createCloneArgv, createImageArgv, resizeImageArgv, spaceForCreation} from './qemu-img.ts'

const quickTimeoutMs = 10 * 60_000
/** Writing a disk full of zeros takes as long as the disk is slow. */
const layoutTimeoutMs = 24 * 3600_000
/** The first tables of a qcow2 image. */
const cloneBytes = 1024 * 1024

/**
 * The name is taken by an empty file that only we may have made; qemu-img then writes into it. Nothing is left when that fails.
 * @throws ConflictError when the file exists, UnavailableError when the space does not suffice, UnsupportedError for other formats
 */
export async function createImage(host: Host, storage: string, path: string, format: Format, sizeBytes: number, preallocation: Preallocation): Promise<void> {
  if (format === 'subvol') throw new UnsupportedError(`storage '${storage}' has no subvolumes; use the format raw, qcow2 or vmdk`)
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 1) throw new InvalidInputError(`${sizeBytes} bytes are no size for a disk`, {size: 'must be at least 1'})
  await checkSpace(host, storage, path, spaceForCreation(format, sizeBytes, preallocation))
  await createFile(host, storage, path, createImageArgv(path, format, sizeBytes, preallocation), preallocation)
}

/** A qcow2 image that stands on another one, as large as that. @throws ConflictError when the file exists, UnavailableError when the space does not suffice */
export async function createCloneImage(host: Host, storage: string, path: string, base: {readonly path: string; readonly format: string}): Promise<void> {
  await checkSpace(host, storage, path, cloneBytes)
  await createFile(host, storage, path, createCloneArgv(path, base), 'off')
}

async function createFile(host: Host, storage: string, path: string, argv: readonly string[], preallocation: Preallocation): Promise<void> {
  await host.files.write(path, '', {overwrite: false, mode: 0o600})
  try {
    await runQemuImg(host, storage, argv, preallocation)
    await host.run(['sync', '--', path], {timeoutMs: quickTimeoutMs})
  } catch (error) {
    try {
      await host.files.remove(path)
    } catch {
      // The first failure is the one to report; the undo of the plan tries once more.
    }
    throw error
  }
}

/** @throws UnavailableError when the space does not suffice, UnsupportedError for a format that cannot grow */
export async function resizeImage(
  host: Host, storage: string, path: string, format: Format, size: {readonly fromBytes: number; readonly toBytes: number}, preallocation: Preallocation,
): Promise<void> {
  const argv = resizeImageArgv(path, format, size.toBytes, preallocation)
  await checkSpace(host, storage, path, spaceForCreation(format, size.toBytes - size.fromBytes, preallocation))
  await runQemuImg(host, storage, argv, preallocation)
}

async function checkSpace(host: Host, storage: string, path: string, neededBytes: number): Promise<void> {
  const {availableBytes} = await host.files.space(path.slice(0, path.lastIndexOf('/')))
  if (availableBytes < neededBytes) throw fullError(storage, {data: {neededBytes, availableBytes}}, ` (it has ${availableBytes} bytes left and the disk takes ${neededBytes} at once)`)
}

async function runQemuImg(host: Host, storage: string, argv: readonly string[], preallocation: Preallocation): Promise<void> {
  try {
    await host.run(argv, {diesWithUs: true, timeoutMs: preallocation === 'falloc' || preallocation === 'full' ? layoutTimeoutMs : quickTimeoutMs})
  } catch (error) {
    if (error instanceof ToolError && /No space left on device|Disk quota exceeded/.test(error.failure.stderr)) throw fullError(storage, {cause: error})
    if (error instanceof ToolError && /File too large|Image size must be less|too large/i.test(error.failure.stderr)) {
      throw new InvalidInputError(`storage '${storage}' cannot hold a disk of that size`, {size: 'is too large for the file system or the format'}, {cause: error})
    }
    throw error
  }
}

function fullError(storage: string, details: {cause?: unknown; data?: Readonly<Record<string, unknown>>}, more = ''): AppError {
  return new UnavailableError(`storage '${storage}' has not enough space${more}`, {
    ...details, nextSteps: [`See what takes the space: pvesm status --storage ${storage}; pvesm list ${storage}`],
  })
}
