// The first bytes of an archive as they are without compression. A compressed one is opened by its program, which is ended as soon as
// enough has come: an archive that would grow without measure is never seen whole.
import {Writable} from 'node:stream'
import {InvalidInputError, NotFoundError, ToolError, UnavailableError} from '../../base/index.ts'
import type {ArchiveCompression} from '../archive-name.ts'
import type {Context} from '../../tasks/index.ts'

const decompressors: Readonly<Record<ArchiveCompression, {readonly argv: readonly string[]; readonly package: string}>> = {
  gz: {argv: ['gzip', '-d', '-c', '--'], package: 'gzip'},
  lzo: {argv: ['lzop', '-d', '-c', '--'], package: 'lzop'},
  zst: {argv: ['zstd', '-q', '-d', '-c', '--'], package: 'zstd'},
  bz2: {argv: ['bzip2', '-q', '-d', '-c', '--'], package: 'bzip2'},
}
const limitMs = 60_000

/** Pure: the command that writes a compressed file's content to its standard output. */
export function decompressArgv(compression: ArchiveCompression, path: string): string[] {
  return [...decompressors[compression].argv, path]
}

/** @throws UnavailableError naming the package */
export function withoutDecompressor(compression: ArchiveCompression, error: unknown): unknown {
  const {argv, package: name} = decompressors[compression]
  return error instanceof NotFoundError ? new UnavailableError(`a file compressed as .${compression} cannot be opened: ${argv[0] ?? name} is not installed`, {cause: error, nextSteps: [`apt-get install ${name}`]}) : error
}

/**
 * @param path of a file that is there
 * @returns at most so many bytes; fewer where the archive is shorter
 * @throws InvalidInputError when it is not compressed as its name says; UnavailableError when the program is not installed or too slow
 */
export async function plainBeginning(path: string, compression: ArchiveCompression | undefined, maxBytes: number, {host, signal}: Pick<Context, 'host' | 'signal'>): Promise<Buffer> {
  if (compression === undefined) return host.files.readAt(path, 0, maxBytes)
  const parts: Buffer[] = []
  let sizeBytes = 0
  const enough = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      parts.push(chunk)
      sizeBytes += chunk.length
      done(sizeBytes >= maxBytes ? new Error('enough') : null)
    },
  })
  try {
    await host.run(decompressArgv(compression, path), {timeoutMs: limitMs, signal, outputStream: enough, maxOutputBytes: 64 * 1024})
  } catch (error) {
    if (sizeBytes < maxBytes) throw error instanceof ToolError ? new InvalidInputError(`${path} is damaged, or not compressed as its name says`, {}, {cause: error}) : withoutDecompressor(compression, error)
  }
  return Buffer.concat(parts).subarray(0, maxBytes)
}
