// Where a volume's stream goes to or comes from: standard output and input of the caller, or a file of the host. Files are read and written by
// programs of the host, so that this works wherever the host is.
import {PassThrough} from 'node:stream'
import type {Readable, Writable} from 'node:stream'
import {AppError, ConflictError, InvalidInputError, NotFoundError} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'

/** The longest that a copy may take; what stands still is given up before that. */
const limitMs = 7 * 24 * 3600_000

export type Outlet = Pick<Context, 'host' | 'signal' | 'terminal'>

/** Pure: what `-` or a path stands for, in words. */
export function streamPlace(place: string, direction: 'input' | 'output'): string {
  return place === '-' ? `standard ${direction}` : place
}

/** @throws InvalidInputError for an address, or something else that is no path */
export function checkStreamPlace(place: string): void {
  if (place === '-' || place.startsWith('/')) return
  throw new InvalidInputError(`'${place.slice(0, 80)}' is no file`, {filename: 'must be the path of a file, or - for standard input or output'}, {
    nextSteps: ['A stream goes from host to host through SSH: pvesm export … - | ssh host pvesm import … -'],
  })
}

/**
 * Hands a stream to be written, and sees that all of it arrives: on disk, for a file. A file is made; one that is there is left alone. A file
 * that could not be written whole is removed.
 * @throws ConflictError when the file is there; InvalidInputError for a terminal; what the work throws
 */
export async function writingTo(place: string, {host, signal, terminal}: Outlet, work: (to: Writable) => Promise<void>): Promise<void> {
  if (place === '-') {
    if (terminal === undefined) throw new AppError('internal', 'a volume was to be written to standard output without one')
    if (terminal.output.isTTY === true) throw new InvalidInputError('the stream of a volume is nothing for a terminal', {filename: 'must be a file, or standard output must lead to a file or program'}, {nextSteps: ['pvesm export … - > file']})
    await work(terminal.output)
    return
  }
  if (await host.files.stat(place) !== undefined) throw new ConflictError(`${place} is there already and is not overwritten`)
  await host.files.write(place, '', {mode: 0o600, overwrite: false, durable: false})
  const pipe = quietPipe()
  const written = host.run(['dd', `of=${place}`, 'bs=1M', 'iflag=fullblock', 'conv=notrunc,fsync', 'status=none'], {timeoutMs: limitMs, signal, inputStream: pipe, diesWithUs: true})
  try {
    await Promise.all([work(pipe).then(() => { pipe.end() }, (error: unknown) => { pipe.destroy(asError(error)); throw error }), written])
  } catch (error) {
    await written.catch(() => undefined)
    await host.files.remove(place).catch(() => undefined)
    throw error
  }
}

/** Hands the stream of a file, or standard input. @throws NotFoundError when the file is not there; InvalidInputError for a terminal; what the work throws */
export async function readingFrom<R>(place: string, {host, signal, terminal}: Outlet, work: (from: Readable) => Promise<R>): Promise<R> {
  if (place === '-') {
    if (terminal === undefined) throw new AppError('internal', 'a volume was to be read from standard input without one')
    if (terminal.input.isTTY === true) throw new InvalidInputError('the stream of a volume cannot be typed', {filename: 'must be a file, or standard input must come from a file or program'}, {nextSteps: ['pvesm import … - < file']})
    return work(terminal.input)
  }
  if (await host.files.stat(place, {followLinks: true}) === undefined) throw new NotFoundError(`there is no file ${place}`)
  const pipe = quietPipe()
  const ended = new AbortController()
  const read = host.run(['cat', '--', place], {timeoutMs: limitMs, signal: AbortSignal.any([signal, ended.signal]), outputStream: pipe})
  const fed = read.then(() => { pipe.end() }, (error: unknown) => { pipe.destroy(asError(error)) })
  try {
    return await work(pipe)
  } finally {
    ended.abort()
    pipe.destroy()
    await fed
  }
}

/** It fails with what fails on either side, whether anybody reads or writes it then or not; those who wait for the work are told. */
function quietPipe(): PassThrough {
  return new PassThrough().on('error', () => undefined)
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
