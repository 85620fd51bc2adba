// A stream that counts what goes through it: it ends with an error when there is too much, goes no faster than it may, and keeps its first bytes.
import {Readable, Transform} from 'node:stream'
import type {Clock} from '../../../base/index.ts'

export interface Metering {
  /** More than that is an error, which this makes. */
  readonly maxBytes?: number
  readonly tooMany?: () => Error
  /** Bytes a second; 0 is as fast as it goes. */
  readonly bytesPerSecond?: number
  /** How much of the beginning is kept. */
  readonly keptBytes?: number
  /** Called now and then with what has gone through. */
  readonly onBytes?: (totalBytes: number) => void
}

export interface MeteredStream {
  readonly stream: Transform
  readonly totalBytes: () => number
  /** The first bytes, as many as are kept. */
  readonly beginning: () => Buffer
  /** The last 512 bytes, or fewer. */
  readonly end: () => Buffer
}

const endBytes = 512
const toldEveryBytes = 8 * 1024 * 1024

export function meteredStream({maxBytes = Infinity, tooMany, bytesPerSecond = 0, keptBytes = 0, onBytes}: Metering, clock: Pick<Clock, 'monotonicMs' | 'sleep'>, signal: AbortSignal): MeteredStream {
  const startedAtMs = clock.monotonicMs()
  const kept: Buffer[] = []
  let totalBytes = 0
  let end = Buffer.alloc(0)
  const stream = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      if (totalBytes < keptBytes) kept.push(chunk.subarray(0, keptBytes - totalBytes))
      if (onBytes !== undefined && Math.floor((totalBytes + chunk.length) / toldEveryBytes) > Math.floor(totalBytes / toldEveryBytes)) onBytes(totalBytes + chunk.length)
      totalBytes += chunk.length
      end = chunk.length >= endBytes ? Buffer.from(chunk.subarray(-endBytes)) : Buffer.concat([end, chunk]).subarray(-endBytes)
      if (totalBytes > maxBytes) { done(tooMany?.() ?? new Error('too much')); return }
      const aheadMs = bytesPerSecond === 0 ? 0 : totalBytes / bytesPerSecond * 1000 - (clock.monotonicMs() - startedAtMs)
      if (aheadMs < 20) { done(null, chunk); return }
      clock.sleep(aheadMs, signal).then(() => { done(null, chunk) }, (error: unknown) => { done(error instanceof Error ? error : new Error(String(error))) })
    },
  })
  return {stream, totalBytes: () => totalBytes, beginning: () => Buffer.concat(kept), end: () => end}
}

/**
 * The first bytes of a stream, fewer when it ends before, and a stream in its place that begins with them.
 * @throws what the stream fails with
 */
export async function peek(stream: Readable, bytes: number): Promise<{start: Buffer; whole: Readable}> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>
  const parts: Buffer[] = []
  let total = 0
  let isOver = false
  while (total < bytes && !isOver) {
    const next = await chunks.next()
    isOver = next.done === true
    if (next.done === true) break
    parts.push(next.value)
    total += next.value.length
  }
  const start = Buffer.concat(parts)
  return {start: start.subarray(0, bytes), whole: Readable.from(all(), {objectMode: false})}

  async function* all(): AsyncGenerator<Buffer> {
    if (start.length > 0) yield start
    try {
      while (!isOver) {
        const next = await chunks.next()
        if (next.done === true) return
        yield next.value
      }
    } finally {
      await chunks.return?.()
    }
  }
}
