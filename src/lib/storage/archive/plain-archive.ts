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
  const failed = (error: unknown): unknown => {
    if (error instanceof ToolError) return new InvalidInputError(`${path} is damaged, or not compressed as its name says`, {}, {cause: error})
    return compression === undefined ? error : withoutDecompressor(compression, error)
  }
  return withProgramOutput({argv: plainArgv(path, compression), failed}, {host, signal}, work)
}

/** A program that makes plain bytes of an archive. */
export interface PlainProgram {
  readonly argv: readonly string[]
  readonly inputStream?: Readable
  /** In our words. */
  readonly failed: (error: unknown) => unknown
}

/** Lends what the program writes to `work`, which has to read it to its end; the program is ended when it does not. @throws what the work throws, and what `failed` makes of a failure */
export async function withProgramOutput<R>({argv, inputStream, failed}: PlainProgram, {host, signal}: Pick<Context, 'host' | 'signal'>, work: (from: Readable) => Promise<R>): Promise<R> {
  const pipe = new PassThrough({highWaterMark: 1024 * 1024})
  pipe.on('error', () => undefined)
  const stop = new AbortController()
  const fed = host.run(argv, {
    timeoutMs: limitMs, signal: AbortSignal.any([signal, stop.signal]), outputStream: pipe, maxOutputBytes: 64 * 1024, ...(inputStream === undefined ? {} : {inputStream, diesWithUs: true}),
  }).then(
    () => { pipe.end() },
    (error: unknown) => {
      const failure = failed(error)
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
