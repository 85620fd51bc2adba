// Unpacks an archive into a root file system that is mounted in a mount space. The archive is somebody else's: what opens and unpacks it runs as the
// container's root in its user namespace and reads from a pipe, and is ended when more comes out than there may.
import type {Readable} from 'node:stream'
import {InvalidInputError, ToolError, UnavailableError} from '../../../base/index.ts'
import type {MountSpace} from '../../../host/index.ts'
import type {Context} from '../../../tasks/index.ts'
import type {IdMap} from '../config/index.ts'
import {rootInJail} from '../mount-space/jail.ts'
import {asContainerRoot, tarArgv} from './extract-argv.ts'
import {meteredStream} from './metered-stream.ts'
import {beginningOf, damagedBy, keptErrorBytes, lastWords, limitMs, openedInto, requireProgram} from './opened-archive.ts'

/** So much of the plain archive is kept to look for the configuration that vzdump puts first. */
const keptBytes = 4 * 1024 * 1024

export interface Unpacking {
  /** Its bytes, and what it is called. */
  readonly input: Readable
  readonly name: string
  /** For the progress; 0 where it is not known. */
  readonly sizeBytes: number
  /** What goes before the words of a program to keep it with the root file system (mount-space/jail.ts). */
  readonly jail: readonly string[]
  readonly map: IdMap
  /** A layer of an image: marks of files that it takes away are not files of it. */
  readonly isLayer?: boolean
  /** How much may come out of it. */
  readonly maxBytes: number
  readonly ignoreErrors: boolean
  /** Of what comes out of it; 0 is no limit. */
  readonly bytesPerSecond: number
}

/**
 * @returns the beginning of the plain archive, and how large it was
 * @throws InvalidInputError when the archive is no good, UnavailableError when the space does not suffice
 */
export async function unpack(wish: Unpacking, space: MountSpace, context: Context): Promise<{beginning: Buffer; plainBytes: number}> {
  const {name, sizeBytes, jail, map, maxBytes, ignoreErrors, isLayer = false} = wish
  const {compression, whole: input} = await beginningOf(wish.input, name)
  await requireProgram(compression, context)
  context.log.info(`unpacking ${name}${sizeBytes === 0 ? '' : ` (${sizeBytes} bytes)`}`)
  const ended = new AbortController()
  const signal = AbortSignal.any([context.signal, ended.signal])
  const told = `unpack ${name}`
  const read = meteredStream({onBytes: (bytes) => { if (sizeBytes > 0) context.log.progress(Math.min(bytes, sizeBytes), sizeBytes, told, 'bytes') }}, context.clock, signal)
  const plain = meteredStream({
    maxBytes, bytesPerSecond: wish.bytesPerSecond, keptBytes,
    tooMany: () => new UnavailableError(`${name} holds more than the ${maxBytes} bytes for which there is room`, {nextSteps: ['Give the root file system more room: --rootfs STORAGE:GIB']}),
  }, context.clock, signal)
  // When the program that reads them has ended already, nobody else hears that they fail.
  for (const {stream} of [read, plain]) stream.on('error', () => undefined)
  const opened = openedInto({input, read, plain, compression, ignoreErrors, map, jail}, space, {...context, signal})
  // Who reads the pipe is told by the stream; the reason is looked at below.
  opened.catch(() => undefined)
  const limits = {signal, timeoutMs: limitMs, maxOutputBytes: keptErrorBytes}
  try {
    const {stderr, exitCode} = await space.run(asContainerRoot(map, [...jail, ...tarArgv(rootInJail, isLayer)]), {...limits, inputStream: plain.stream, okExitCodes: ignoreErrors ? [0, 1, 2] : [0]})
    const unnamed = stderr.split('\n').filter((line) => line.includes('acl_from_text')).length
    if (unnamed > 0) context.log.warn(`access control lists of ${unnamed} files of ${name} name users or groups that this host does not have, and were left out`)
    if (exitCode !== 0) context.log.warn(`${name} was not unpacked whole: ${lastWords(stderr)}`)
    // tar leaves what stands behind the end of the archive unread; a compressor's checksum is behind it as well.
    plain.stream.resume()
    await opened
  } catch (cause) {
    ended.abort()
    // Nobody waits until what has been opened meanwhile is read.
    plain.stream.resume()
    const reason = await opened.then(() => undefined, (error: unknown) => error)
    throw whyNot(name, cause, reason)
  }
  if (sizeBytes > 0) context.log.progress(sizeBytes, sizeBytes, told, 'bytes')
  if (!ignoreErrors && plain.end().some((byte) => byte !== 0)) throw new InvalidInputError(`${name} is cut off: it does not end as a tar archive does`, {ostemplate: 'is cut off'})
  context.log.info(`unpacked ${plain.totalBytes()} bytes`)
  return {beginning: plain.beginning(), plainBytes: plain.totalBytes()}
}

/** @param reason why the archive could not be read, if that was it */
function whyNot(name: string, cause: unknown, reason: unknown): unknown {
  if (reason instanceof UnavailableError) return reason
  if (reason instanceof ToolError) return damagedBy(name, reason)
  if (!(cause instanceof ToolError)) return cause
  const {stderr} = cause.failure
  if (/No space left on device|Disk quota exceeded/.test(stderr)) return new UnavailableError(`the root file system is too small for ${name}`, {cause, nextSteps: ['Give it more room: --rootfs STORAGE:GIB']})
  const nextSteps = /Cannot (?:mknod|change ownership|open: Permission denied)/.test(stderr) ? ['An unprivileged container cannot have every file; go on without those: --ignore-unpack-errors'] : []
  return new InvalidInputError(`${name} could not be unpacked: ${lastWords(stderr)}`, {ostemplate: 'could not be unpacked'}, {cause, nextSteps})
}
