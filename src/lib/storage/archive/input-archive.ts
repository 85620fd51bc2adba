// A VMA archive that comes on standard input: its header is looked at before anything is planned, and what was read for that is put back, so that
// the whole of it can be read once, from its beginning, when it is carried out.
import {Readable} from 'node:stream'
import {InvalidInputError, NotFoundError, ToolError, UnsupportedError} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'
import {readBytes} from '../transfer/stream-bytes.ts'
import type {StreamCompression} from './plain-beginning.ts'
import {decompressArgv, plainStart, streamCompression, withoutDecompressor} from './plain-beginning.ts'
import {withProgramOutput} from './plain-archive.ts'
import type {VmaHeader} from './vma-header.ts'
import {parseVmaHeader, vmaFixedBytes, vmaHeaderBytes} from './vma-header.ts'

/** The word for standard input. */
export const standardInput = '-'

type InputContext = Pick<Context, 'host' | 'signal' | 'clock' | 'terminal'>

interface Beginning {
  readonly compression: StreamCompression | undefined
  readonly header: VmaHeader
  /** The stream from its beginning. */
  readonly stream: Readable
}

const beginnings = new WeakMap<object, Promise<Beginning>>()
/** Compressors work by blocks, of which some have to be there whole. The last holds the largest header that there may be. */
const lookedAtBytes = [64 * 1024, 1024 * 1024, 18 * 1024 * 1024] as const

/**
 * What the header says; asked again, it is not read again.
 * @throws InvalidInputError for a terminal, and for what is no VMA archive; UnavailableError when its program is missing; UnsupportedError where standard input cannot be had
 */
export async function inputHeader(context: InputContext): Promise<VmaHeader> {
  return (await beginningOf(inputOf(context), context)).header
}

/** As `withPlainArchive`: lends the plain bytes, which have to be read to their end. */
export async function withPlainInput<R>(context: InputContext, work: (from: Readable) => Promise<R>): Promise<R> {
  const {compression, stream} = await beginningOf(inputOf(context), context)
  if (compression === undefined) return work(stream)
  const failed = (error: unknown): unknown => error instanceof ToolError ? new InvalidInputError('what came on standard input is damaged', {}, {cause: error}) : withoutDecompressor(compression, error)
  return withProgramOutput({argv: decompressArgv(compression), inputStream: stream, failed}, context, work)
}

function inputOf({terminal}: InputContext): Readable {
  if (terminal === undefined) {
    throw new UnsupportedError('standard input is not read for this', {nextSteps: ['A dry run of what comes on standard input is made on the host itself, not through a context.', 'Or put the archive into a file, and name that.']})
  }
  if (terminal.input.isTTY === true) throw new InvalidInputError('an archive cannot be typed', {archive: 'must come from a file or a program'}, {nextSteps: ['qmrestore - VMID < FILE']})
  return terminal.input
}

function beginningOf(input: Readable, context: InputContext): Promise<Beginning> {
  const known = beginnings.get(input) ?? lookAt(input, context)
  beginnings.set(input, known)
  return known
}

async function lookAt(input: Readable, context: InputContext): Promise<Beginning> {
  try {
    for (const maxBytes of lookedAtBytes) {
      const start = await readBytes(input, maxBytes, context)
      const isWhole = start.length < maxBytes
      if (start.length === 0) throw new InvalidInputError('nothing came')
      // Nothing can be put back into a stream that has ended.
      const stream = isWhole ? Readable.from([start], {objectMode: false}) : input
      if (!isWhole) input.unshift(start)
      const compression = streamCompression(start)
      const plain = compression === undefined ? start : await plainStart(start, compression, lookedAtBytes[2], context)
      if (plain.length >= vmaFixedBytes || isWhole) {
        const wholeBytes = vmaHeaderBytes(plain)
        if (plain.length >= wholeBytes || isWhole) return {compression, stream, header: parseVmaHeader(plain.subarray(0, wholeBytes))}
      }
    }
  } catch (error) {
    if (error instanceof NotFoundError || !(error instanceof InvalidInputError)) throw error
    throw new InvalidInputError('what came on standard input is no backup of a virtual machine', {archive: 'must be a VMA archive'}, {cause: error})
  }
  throw new InvalidInputError('the header of the archive on standard input has no end')
}
