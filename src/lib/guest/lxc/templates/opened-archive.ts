// The bytes of an archive without its compression. The archive is somebody else's: the program that opens it is the container's root in its user namespace, and in the
// jail of its root file system.
import type {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {InvalidInputError, NotFoundError, ToolError} from '../../../base/index.ts'
import type {MountSpace} from '../../../host/index.ts'
import {compressionOf, decompressArgv, withoutDecompressor} from '../../../storage/index.ts'
import type {StreamCompression} from '../../../storage/index.ts'
import type {Context} from '../../../tasks/index.ts'
import type {IdMap} from '../config/index.ts'
import {asContainerRoot} from './extract-argv.ts'
import {peek} from './metered-stream.ts'
import type {MeteredStream} from './metered-stream.ts'

export const limitMs = 24 * 3600_000
export const keptErrorBytes = 64 * 1024

/** How a stream of an archive is compressed, and one in its place that is whole. @throws InvalidInputError when it is no archive */
export async function beginningOf(input: Readable, name: string): Promise<{compression: StreamCompression | 'none'; whole: Readable}> {
  const {start, whole} = await peek(input, 512)
  try {
    return {compression: compressionOf(start), whole}
  } catch (cause) {
    whole.destroy()
    if (!(cause instanceof InvalidInputError)) throw cause
    throw new InvalidInputError(`${name} cannot be unpacked`, {ostemplate: 'is no archive'}, {cause})
  }
}

/** @throws UnavailableError naming the package */
export async function requireProgram(compression: StreamCompression | 'none', {host}: Context): Promise<void> {
  if (compression === 'none') return
  const [program = ''] = decompressArgv(compression)
  if (await host.which(program) === undefined) throw withoutDecompressor(compression, new NotFoundError(`there is no program ${program}`))
}

export interface Opening {
  readonly input: Readable
  /** What goes before the words of a program to keep it with the root file system (mount-space/jail.ts). */
  readonly jail: readonly string[]
  readonly map: IdMap
  /** What a damaged archive still gives is taken. */
  readonly ignoreErrors: boolean
  readonly read: MeteredStream
  readonly plain: MeteredStream
  readonly compression: StreamCompression | 'none'
}

/** The archive's bytes, opened where they are compressed, into the plain stream and its end. */
export async function openedInto({input, read, plain, compression, ignoreErrors, map, jail}: Opening, space: MountSpace, {signal}: Pick<Context, 'signal'>): Promise<void> {
  if (compression === 'none') {
    await pipeline(input, read.stream, plain.stream, {signal, end: true}).catch((error: unknown) => { plain.stream.destroy(asError(error)); throw error })
    return
  }
  const fed = pipeline(input, read.stream, {signal}).catch((error: unknown) => { read.stream.destroy(asError(error)); throw error })
  fed.catch(() => undefined)
  try {
    await space.run(asContainerRoot(map, [...jail, ...decompressArgv(compression)]), {timeoutMs: limitMs, signal, inputStream: read.stream, outputStream: plain.stream, maxOutputBytes: keptErrorBytes})
    plain.stream.end()
  } catch (error) {
    if (ignoreErrors && error instanceof ToolError) { plain.stream.end(); return }
    const told = withoutDecompressor(compression, error)
    plain.stream.destroy(asError(told))
    throw told
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

/** What is said of an archive that its decompressor gave up. */
export function damagedBy(name: string, cause: ToolError): InvalidInputError {
  return new InvalidInputError(`${name} is damaged or cut off: ${lastWords(cause.failure.stderr)}`, {ostemplate: 'is damaged'}, {cause})
}

/** What a program said last, apart from its summary. */
export function lastWords(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !/Exiting with failure status|Error is not recoverable/.test(line))
  return (lines.at(-1) ?? 'it did not say why').replace(/^[a-z]{1,20}: /, '').slice(0, 300)
}
