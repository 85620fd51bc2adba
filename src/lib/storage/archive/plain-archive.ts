// A whole archive as a stream without its compression: the program that opens it runs on the host of the archive.
import {PassThrough} from 'node:stream'
import type {Readable} from 'node:stream'
import {InvalidInputError, NotFoundError, ToolError} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'
import type {ArchiveCompression} from '../archive-name.ts'
import {decompressArgv, withoutDecompressor} from './plain-beginning.ts'

/** The longest that it may take; what stands still is given up before that. */
const limitMs = 7 * 24 * 3600_000

/** Pure: the command that writes the archive's plain bytes to its standard output. */
export function plainArgv(path: string, compression: ArchiveCompression | undefined): string[] {
  return compression === undefined ? ['cat', '--', path] : decompressArgv(compression, path)
}

/**
 * Lends the bytes to `work`, which has to read them to their end: only then is known that the compressed archive is whole.
 * @throws NotFoundError when the archive is not there; InvalidInputError when it is damaged; UnavailableError when the program that opens it is missing; what the work throws
 */
export async function withPlainArchive<R>(path: string, compression: ArchiveCompression | undefined, {host, signal}: Pick<Context, 'host' | 'signal'>, work: (from: Readable) => Promise<R>): Promise<R> {
  if ((await host.files.stat(path, {followLinks: true}))?.kind !== 'file') throw new NotFoundError(`there is no backup ${path}`)
  const pipe = new PassThrough({highWaterMark: 1024 * 1024})
  pipe.on('error', () => undefined)
  const stop = new AbortController()
  let failure: unknown
  const fed = host.run(plainArgv(path, compression), {timeoutMs: limitMs, signal: AbortSignal.any([signal, stop.signal]), outputStream: pipe, maxOutputBytes: 64 * 1024}).then(
    () => { pipe.end() },
    (error: unknown) => {
      failure = error instanceof ToolError ? new InvalidInputError(`${path} is damaged, or not compressed as its name says`, {}, {cause: error}) : compression === undefined ? error : withoutDecompressor(compression, error)
      pipe.destroy(failure instanceof Error ? failure : undefined)
    },
  )
  let isDone = false
  try {
    const result = await work(pipe)
    isDone = pipe.readableEnded
    return result
  } finally {
    if (!isDone) stop.abort()
    pipe.destroy()
    await fed
  }
}
