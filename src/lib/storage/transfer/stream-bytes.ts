// Bytes out of streams and into them, a bounded piece at a time, for whoever fills or reads volumes. A stream that stands still is given up.
import type {Readable, Writable} from 'node:stream'
import type {Clock} from '../../base/index.ts'
import {AppError, CancelledError, UnavailableError} from '../../base/index.ts'

/** The other side may be waiting for a slow disk of its own. */
const stallLimitMs = 30 * 60_000

export interface StreamWaits { readonly clock: Clock; readonly signal: AbortSignal }

/** @returns as many bytes as asked for; fewer only where the stream ends. @throws UnavailableError when it breaks or stands still, CancelledError */
export async function readBytes(from: Readable, count: number, waits: StreamWaits): Promise<Buffer> {
  const parts: Buffer[] = []
  let missing = count
  while (missing > 0) {
    if (waits.signal.aborted) throw new CancelledError('the stream was not read to its end because the operation was cancelled')
    const part = from.read(Math.min(missing, Math.max(from.readableLength, 1))) as Buffer | null
    if (part !== null) {
      parts.push(part)
      missing -= part.length
    } else if (from.readableEnded) break
    else await oneOf(from, ['readable', 'end'], waits)
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
}

/** Resolves when the stream can take more. @throws UnavailableError when whoever reads it has gone or stands still, CancelledError */
export async function writeBytes(to: Writable, bytes: Buffer, waits: StreamWaits): Promise<void> {
  if (waits.signal.aborted) throw new CancelledError('the stream was not written to its end because the operation was cancelled')
  if (to.destroyed) throw broken(to.errored)
  if (!to.write(bytes)) await oneOf(to, ['drain'], waits)
}

/** Waits for one of the events; an error, or the end of the stream without that event, is thrown. */
async function oneOf(stream: Readable | Writable, events: readonly string[], {clock, signal}: StreamWaits): Promise<void> {
  if (stream.errored !== null || stream.destroyed) throw broken(stream.errored)
  const done = new AbortController()
  const options = {signal: AbortSignal.any([signal, done.signal])}
  const happened = new Promise<void>((resolve, reject) => {
    const listeners: [string, (given?: unknown) => void][] = [
      ...events.map((event): [string, () => void] => [event, () => resolve()]),
      ['error', (error) => reject(broken(error))],
      ['close', () => reject(broken(undefined))],
    ]
    for (const [event, listener] of listeners) stream.on(event, listener)
    options.signal.addEventListener('abort', () => {
      for (const [event, listener] of listeners) stream.off(event, listener)
      reject(new CancelledError('the stream was given up because the operation was cancelled'))
    }, {once: true})
  })
  const tooLate = clock.sleep(stallLimitMs, options.signal).then(() => { throw new UnavailableError(`nothing came through the stream for ${stallLimitMs / 60_000} minutes`) })
  tooLate.catch(() => undefined)
  try {
    await Promise.race([happened, tooLate])
  } finally {
    happened.catch(() => undefined)
    done.abort()
  }
}

function broken(cause: unknown): AppError {
  return cause instanceof AppError ? cause : new UnavailableError('the stream broke off', {cause})
}
