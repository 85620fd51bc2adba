// Archives of images that are compressed as a whole (`docker save | gzip`): known by their beginning, and opened into a plain archive beside the store, since what an
// image is of lies at any place in it. That archive is there for as long as it is unpacked.
import {dirname} from 'node:path'
import {InvalidInputError, ToolError, UnavailableError} from '../../../../base/index.ts'
import type {MountSpace} from '../../../../host/index.ts'
import {compressionOf, plainBeginning} from '../../../../storage/index.ts'
import type {Context} from '../../../../tasks/index.ts'
import {meteredStream} from '../metered-stream.ts'
import {beginningOf, damagedBy, limitMs, openedInto, requireProgram} from '../opened-archive.ts'
import {beginsAsImage} from './image-members.ts'
import type {ImageWish} from './apply-image.ts'

/** Folders may stand before the first part of an image. */
const lookedAtBytes = 64 * 1024
/** So much of the file system with the opened archive stays free. */
const sparedShare = 0.05
/** An opened image may be so many times as large as the container may be: what a layer replaces, or takes away, is in it as well. */
const replacedFactor = 2
const overheadBytes = 16 * 1024 * 1024

/** Whether an archive of the host is compressed, and begins as images do. @throws InvalidInputError for no archive; UnavailableError without the program that opens it */
export async function isCompressedImage(path: string, context: Context): Promise<boolean> {
  const compression = compressionOf(await context.host.files.readAt(path, 0, 512))
  if (compression === 'none') return false
  try {
    return beginsAsImage(await plainBeginning(path, compression, lookedAtBytes, context))
  } catch (error) {
    // Whoever unpacks it says what is wrong with it.
    if (error instanceof InvalidInputError) return false
    throw error
  }
}

/** Where the opened archive of a container that is being made stands. */
export function plainPathOf(vmid: number, {places}: Pick<Context, 'places'>): string {
  return `${places.stateDir}/opened/${vmid}.tar`
}

/**
 * Opens the archive, as the container's root in the jail of its root file system.
 * @param plainPath is written anew, readable for us alone; whoever calls removes it
 * @throws InvalidInputError for a damaged archive, UnavailableError when there is no room for it
 */
export async function openImage({path, name, sizeBytes, jail, map, maxBytes: roomBytes, bytesPerSecond}: ImageWish, plainPath: string, space: MountSpace, context: Context): Promise<void> {
  const {files} = context.host
  await files.makeDirectory(dirname(plainPath), 0o700)
  await files.write(plainPath, '', {durable: false})
  const freeBytes = Math.floor((await files.space(dirname(plainPath))).availableBytes * (1 - sparedShare))
  const wantedBytes = replacedFactor * roomBytes + overheadBytes
  const maxBytes = Math.min(freeBytes, wantedBytes)
  const {compression, whole: input} = await beginningOf(files.readStream(path), name)
  await requireProgram(compression, context)
  context.log.info(`opening ${name} (${sizeBytes} bytes)`)
  const ended = new AbortController()
  const signal = AbortSignal.any([context.signal, ended.signal])
  const read = meteredStream({onBytes: (bytes) => { context.log.progress(Math.min(bytes, sizeBytes), sizeBytes, `open ${name}`, 'bytes') }}, context.clock, signal)
  const noRoom = () => freeBytes < wantedBytes
    ? new UnavailableError(`${name} is larger than the ${maxBytes} bytes for which there is room in ${dirname(plainPath)} once it is opened`, {nextSteps: ['Make room there, or open it yourself and give the plain archive']})
    : new UnavailableError(`${name} is larger than ${maxBytes} bytes once it is opened, far more than the root file system has room for`, {nextSteps: ['Give the root file system more room: --rootfs STORAGE:GIB']})
  const plain = meteredStream({maxBytes, bytesPerSecond, tooMany: noRoom}, context.clock, signal)
  // When the program that reads them has ended already, nobody else hears that they fail.
  for (const {stream} of [read, plain]) stream.on('error', () => undefined)
  const opened = openedInto({input, read, plain, compression, ignoreErrors: false, map, jail}, space, {signal})
  opened.catch(() => undefined)
  try {
    await context.host.run(['dd', `of=${plainPath}`, 'bs=1M', 'iflag=fullblock', 'status=none'], {inputStream: plain.stream, timeoutMs: limitMs, signal, diesWithUs: true})
    await opened
  } catch (cause) {
    ended.abort()
    const reason = await opened.then(() => undefined, (error: unknown) => error)
    throw reason instanceof UnavailableError ? reason : reason instanceof ToolError ? damagedBy(name, reason) : cause
  }
}
