// Writes an archive: what a program or our own code gives goes through the compressor into a private file, or to standard output. It knows nothing of
// what is in the archive. The file has an unfinished name; whoever calls renames it once all is well, and removes it otherwise (undo: file.remove).
import {PassThrough, Transform} from 'node:stream'
import type {Writable} from 'node:stream'
import {once} from 'node:events'
import {AppError, CancelledError, InvalidInputError, NotFoundError, ToolError, UnavailableError} from '../../base/index.ts'
import type {Host, RunOptions} from '../../host/index.ts'
import type {Context} from '../../tasks/index.ts'
import {SpeedLimit} from '../transfer/speed-limit.ts'
import {withStreamingHeap} from '../transfer/streaming-heap.ts'

/** Where an archive goes and how; plain data, so that it can stand in an action. */
export interface ArchiveTarget {
  /** A file that is not there yet, or `-` for standard output. */
  readonly path: string
  /** The compressor's argv, which reads standard input and writes standard output; none: the bytes as they are. */
  readonly compressor?: readonly string[]
  /** For the bytes before compression; 0 and absent: no limit. */
  readonly bandwidthKib?: number
  /** vzdump's numbers: 0 to 7 are levels of best effort, 8 is idle (ionice(1)). */
  readonly ionice?: number
}

/** A program that writes the archive's bytes to its standard output. */
export interface ProgramSource {
  readonly argv: readonly string[]
  readonly options?: Pick<RunOptions, 'env' | 'cwd' | 'onLine' | 'okExitCodes'>
  /** Where it runs, for one in a mount space. Default: the host. */
  readonly run?: Host['run']
}

export type ArchiveSource = AsyncIterable<Buffer> | ProgramSource

export interface WrittenArchive {
  /** Before compression. */
  readonly plainBytes: number
  readonly archiveBytes: number
}

export type ArchiveOutlet = Pick<Context, 'host' | 'signal' | 'clock' | 'terminal'>

/** The longest that it may take. */
const limitMs = 7 * 24 * 3600_000
const pieceBytes = 1024 * 1024
const shortRun = {timeoutMs: limitMs, maxOutputBytes: 64 * 1024, diesWithUs: true} as const

/**
 * Returns once all is on disk.
 * @param onProgress told of the bytes before compression, as they pass
 * @throws ConflictError when the file is there already, which is then untouched; UnavailableError when the disk is full or the compressor is missing;
 * InvalidInputError for a terminal; what the source throws. A file that was begun is gone then.
 */
export async function writeArchive(target: ArchiveTarget, source: ArchiveSource, context: ArchiveOutlet, onProgress: (plainBytes: number) => void = () => undefined): Promise<WrittenArchive> {
  return withStreamingHeap(() => write(target, source, context, onProgress))
}

async function write(target: ArchiveTarget, source: ArchiveSource, context: ArchiveOutlet, onProgress: (plainBytes: number) => void): Promise<WrittenArchive> {
  if (target.path === '-') return await pump(target, source, standardOutput(context), context, onProgress)
  const {files} = context.host
  await files.write(target.path, '', {mode: 0o600, overwrite: false, durable: false})
  try {
    return await pump(target, source, undefined, context, onProgress)
  } catch (error) {
    await files.remove(target.path).catch(() => undefined)
    throw error
  }
}

/** Pure: a program that stands behind the others at the disk. */
export function niceArgv(argv: readonly string[], ionice: number | undefined): readonly string[] {
  if (ionice === undefined) return argv
  return ionice >= 8 ? ['ionice', '-c', '3', ...argv] : ['ionice', '-c', '2', '-n', String(ionice), ...argv]
}

/** Pure: the programs of an archive as they would be typed, joined by the pipes between them. A compressor writes the file itself. */
export function archiveArgvs({path, compressor, ionice}: ArchiveTarget, source?: readonly string[]): (readonly string[])[] {
  return [
    ...source === undefined ? [] : [niceArgv(source, ionice)],
    ...compressor === undefined ? [] : [niceArgv(compressor, ionice)],
    ...path === '-' || compressor !== undefined ? [] : [placeArgv(path)],
  ]
}

function placeArgv(path: string): readonly string[] {
  return ['dd', `of=${path}`, 'bs=1M', 'iflag=fullblock', 'conv=notrunc,fsync', 'status=none']
}

function standardOutput({terminal}: ArchiveOutlet): Writable {
  if (terminal === undefined) throw new AppError('internal', 'an archive was to be written to standard output without one')
  if (terminal.output.isTTY === true) throw new InvalidInputError('an archive is nothing for a terminal', {stdout: 'must lead to a file or a program'}, {nextSteps: ['vzdump … --stdout > file']})
  return terminal.output
}

async function pump(target: ArchiveTarget, source: ArchiveSource, output: Writable | undefined, context: ArchiveOutlet, onProgress: (plainBytes: number) => void): Promise<WrittenArchive> {
  const {host} = context
  const {compressor} = target
  const stop = new AbortController()
  const signal = AbortSignal.any([context.signal, stop.signal])
  const limit = new SpeedLimit(target.bandwidthKib, {clock: context.clock, signal})
  const plain = meter(async (bytes, total) => { onProgress(total); await limit.after(bytes) })
  const packed = compressor === undefined || output === undefined ? plain : meter(() => Promise.resolve())
  const stages = [feed(source, plain.stream, target.ionice, host, signal)]
  // A compressor that writes to a file does so itself, so that what it makes does not pass through us.
  if (compressor !== undefined) stages.push(compress(niceArgv(compressor, target.ionice), plain.stream, output === undefined ? target.path : packed.stream, host, signal))
  if (output !== undefined) stages.push(passOn(packed.stream, output))
  else if (compressor === undefined) stages.push(place(target.path, packed.stream, host, signal))
  // What fails first is the reason; the others are ended by it.
  let failure: {readonly error: unknown} | undefined
  const fail = (error: unknown): void => {
    failure ??= {error}
    stop.abort()
    plain.stream.destroy()
    packed.stream.destroy()
  }
  await Promise.all(stages.map((stage) => stage.catch(fail)))
  if (failure !== undefined) throw context.signal.aborted ? new CancelledError() : failure.error
  return {plainBytes: plain.bytes(), archiveBytes: output === undefined ? (await host.files.stat(target.path))?.sizeBytes ?? 0 : packed.bytes()}
}

interface Meter {
  readonly stream: Transform
  readonly bytes: () => number
}

/** Counts what passes, and holds it up. */
function meter(after: (bytes: number, total: number) => Promise<void>): Meter {
  let total = 0
  const stream = new Transform({
    readableHighWaterMark: pieceBytes, writableHighWaterMark: pieceBytes,
    transform: (chunk: Buffer, _encoding, done) => {
      total += chunk.length
      after(chunk.length, total).then(() => done(null, chunk), (error: unknown) => done(error instanceof Error ? error : new Error(String(error))))
    },
  })
  // Whoever waits for a stage is told.
  stream.on('error', () => undefined)
  return {stream, bytes: () => total}
}

async function feed(source: ArchiveSource, to: Transform, ionice: number | undefined, host: Host, signal: AbortSignal): Promise<void> {
  if ('argv' in source) {
    const {argv, options, run = host.run.bind(host)} = source
    await run(niceArgv(argv, ionice), {...shortRun, ...options, signal, outputStream: to})
  } else {
    for await (const piece of source) {
      if (!to.write(piece)) await once(to, 'drain', {signal})
    }
  }
  to.end()
}

/** @param to a stream, or the path of a file */
async function compress(argv: readonly string[], from: Transform, to: Transform | string, host: Host, signal: AbortSignal): Promise<void> {
  try {
    await host.run(argv, {...shortRun, signal, inputStream: from, ...(typeof to === 'string' ? {outputPath: to} : {outputStream: to})})
  } catch (error) {
    const name = argv.find((word) => word in packages) ?? argv[0] ?? ''
    if (error instanceof NotFoundError || (error instanceof ToolError && error.failure.exitCode === 127)) throw new UnavailableError(`the archive cannot be compressed: ${name} is not installed`, {cause: error, nextSteps: [`apt-get install ${packages[name] ?? name}`]})
    throw typeof to === 'string' ? spaceError(error, to) : error
  }
  if (typeof to !== 'string') to.end()
}

/** The Debian packages of compressors. */
const packages: Readonly<Record<string, string>> = {gzip: 'gzip', pigz: 'pigz', lzop: 'lzop', zstd: 'zstd'}

async function place(path: string, from: Transform, host: Host, signal: AbortSignal): Promise<void> {
  try {
    await host.run(placeArgv(path), {...shortRun, signal, inputStream: from})
  } catch (error) {
    throw spaceError(error, path)
  }
}

/** Says it in our words when a program found no space for the file. */
function spaceError(error: unknown, path: string): unknown {
  if (!(error instanceof ToolError) || !/No space left on device|Disk quota exceeded/.test(error.failure.stderr)) return error
  const folder = path.slice(0, path.lastIndexOf('/'))
  return new UnavailableError(`there is not enough space in ${folder} for the archive`, {cause: error, nextSteps: [`See what takes the space: df ${folder}`]})
}

/** It stays open: it is the caller's. */
async function passOn(from: Transform, to: Writable): Promise<void> {
  const pipe = new PassThrough()
  from.pipe(pipe)
  from.once('close', () => { if (!from.readableEnded) pipe.destroy() })
  const gone = new Promise<never>((_resolve, reject) => { to.once('error', (error) => reject(new UnavailableError('whoever took the archive has gone', {cause: error}))) })
  gone.catch(() => undefined)
  for await (const piece of pipe) {
    if (!to.write(piece)) await Promise.race([once(to, 'drain'), gone])
  }
}
