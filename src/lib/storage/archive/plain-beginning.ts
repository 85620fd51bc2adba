// The first bytes of an archive as they are without compression. A compressed one is opened by its program, which is ended as soon as
// enough has come: an archive that would grow without measure is never seen whole.
import {Writable} from 'node:stream'
import {InvalidInputError, NotFoundError, ToolError, UnavailableError} from '../../base/index.ts'
import type {ArchiveCompression} from '../archive-name.ts'
import type {Context} from '../../tasks/index.ts'

/** How a stream may be compressed. Backups are not compressed as xz, but templates are. */
export type StreamCompression = ArchiveCompression | 'xz'

const decompressors: Readonly<Record<StreamCompression, {readonly argv: readonly string[]; readonly package: string}>> = {
  gz: {argv: ['gzip', '-d', '-c', '--'], package: 'gzip'},
  lzo: {argv: ['lzop', '-d', '-c', '--'], package: 'lzop'},
  zst: {argv: ['zstd', '-q', '-d', '-c', '--'], package: 'zstd'},
  bz2: {argv: ['bzip2', '-q', '-d', '-c', '--'], package: 'bzip2'},
  xz: {argv: ['xz', '-q', '-d', '-c', '--'], package: 'xz-utils'},
}
const limitMs = 60_000

/** What the first bytes of streams are, as file(1) knows them. */
const beginnings: readonly (readonly [StreamCompression, Buffer])[] = [
  ['gz', Buffer.from([0x1f, 0x8b])], ['zst', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])], ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])], ['bz2', Buffer.from('BZh')],
  ['lzo', Buffer.from([0x89, 0x4c, 0x5a, 0x4f])],
]

/**
 * Pure: how a tar archive is compressed, by its first 512 bytes, whatever its name says; `none` for a plain one.
 * @throws InvalidInputError when it is neither
 */
export function compressionOf(start: Buffer): StreamCompression | 'none' {
  const found = streamCompression(start)
  if (found !== undefined) return found
  if (start.toString('latin1', 257, 262) === 'ustar') return 'none'
  throw new InvalidInputError('this is no tar archive, and none that is compressed as gzip, lzop, zstd, xz or bzip2')
}

/** Pure: how any stream is compressed, by its first bytes; undefined for one that is not, as far as is known. */
export function streamCompression(start: Buffer): StreamCompression | undefined {
  return beginnings.find(([, bytes]) => start.subarray(0, bytes.length).equals(bytes))?.[0]
}

/** Pure: the command that writes a compressed file's content to its standard output; without a path, of its standard input. */
export function decompressArgv(compression: StreamCompression, path?: string): string[] {
  const {argv} = decompressors[compression]
  return path === undefined ? argv.slice(0, -1) : [...argv, path]
}

/** @throws UnavailableError naming the package */
export function withoutDecompressor(compression: StreamCompression, error: unknown): unknown {
  const {argv, package: name} = decompressors[compression]
  return error instanceof NotFoundError ? new UnavailableError(`a file compressed as .${compression} cannot be opened: ${argv[0] ?? name} is not installed`, {cause: error, nextSteps: [`apt-get install ${name}`]}) : error
}

/**
 * @param path of a file that is there
 * @returns at most so many bytes; fewer where the archive is shorter
 * @throws InvalidInputError when it is not compressed as its name says; UnavailableError when the program is not installed or too slow
 */
export async function plainBeginning(path: string, compression: StreamCompression | undefined, maxBytes: number, {host, signal}: Pick<Context, 'host' | 'signal'>): Promise<Buffer> {
  if (compression === undefined) return host.files.readAt(path, 0, maxBytes)
  const {plain, failure} = await opened({argv: decompressArgv(compression, path)}, maxBytes, {host, signal})
  if (plain.length >= maxBytes || failure === undefined) return plain
  throw failure instanceof ToolError ? new InvalidInputError(`${path} is damaged, or not compressed as its name says`, {}, {cause: failure}) : withoutDecompressor(compression, failure)
}

/**
 * What can be had of a compressed stream of which only the beginning is there: that its end is missing is no failure.
 * @throws UnavailableError when the program is not installed or too slow
 */
export async function plainStart(start: Buffer, compression: StreamCompression, maxBytes: number, context: Pick<Context, 'host' | 'signal'>): Promise<Buffer> {
  const {plain, failure} = await opened({argv: decompressArgv(compression), input: start}, maxBytes, context)
  if (failure === undefined || failure instanceof ToolError) return plain
  throw withoutDecompressor(compression, failure)
}

/** At most so many bytes of a program's output, and why there are fewer where that is a failure. */
async function opened({argv, input}: {readonly argv: readonly string[]; readonly input?: Buffer}, maxBytes: number, {host, signal}: Pick<Context, 'host' | 'signal'>): Promise<{plain: Buffer; failure?: unknown}> {
  const parts: Buffer[] = []
  let sizeBytes = 0
  const enough = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      parts.push(chunk)
      sizeBytes += chunk.length
      done(sizeBytes >= maxBytes ? new Error('enough') : null)
    },
  })
  const plain = () => Buffer.concat(parts).subarray(0, maxBytes)
  try {
    await host.run(argv, {timeoutMs: limitMs, signal, outputStream: enough, maxOutputBytes: 64 * 1024, ...(input === undefined ? {} : {input})})
  } catch (failure) {
    return {plain: plain(), ...(sizeBytes < maxBytes ? {failure} : {})}
  }
  return {plain: plain()}
}
