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
function oneOf(stream: Readable | Writable, events: readonly string[], {clock, signal}: StreamWaits): Promise<void> {
  if (stream.errored !== null || stream.destroyed) return Promise.reject(broken(stream.errored))
  const guard = stallGuard(stream, clock)
  return new Promise((resolve, reject) => {
    const end = (): void => {
      for (const event of events) stream.off(event, onEvent)
      stream.off('error', onError)
      stream.off('close', onClose)
      signal.removeEventListener('abort', onAbort)
      guard.end(onStall)
    }
    const fail = (error: Error): void => {
      end()
      reject(error)
    }
    const onEvent = (): void => {
      end()
      resolve()
    }
    const onError = (error: unknown): void => fail(broken(error))
    const onClose = (): void => fail(broken(undefined))
    const onAbort = (): void => fail(new CancelledError('the stream was given up because the operation was cancelled'))
    const onStall = (): void => fail(stalled())
    for (const event of events) stream.on(event, onEvent)
    stream.on('error', onError)
    stream.on('close', onClose)
    signal.addEventListener('abort', onAbort)
    guard.begin(onStall)
  })
}

/** One timer for all waits for a stream, of which there may be thousands a second. It runs while somebody waits, or did so an instant ago. */
class StallGuard {
  readonly #clock: Clock
  /** Since when each has been waiting. */
  readonly #waiting = new Map<() => void, number>()
  #timer: AbortController | undefined
  #isEnding = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Who begins again waits from now on. */
  begin(giveUp: () => void): void {
    this.#waiting.set(giveUp, this.#clock.monotonicMs())
    if (this.#timer === undefined) void this.#watch()
  }

  end(giveUp: () => void): void {
    this.#waiting.delete(giveUp)
    if (this.#isEnding || this.#waiting.size > 0) return
    this.#isEnding = true
    setImmediate(() => {
      this.#isEnding = false
      if (this.#waiting.size === 0) this.#timer?.abort()
    })
  }

  async #watch(): Promise<void> {
    const timer = this.#timer = new AbortController()
    while (this.#waiting.size > 0 && !timer.signal.aborted) {
      const nowMs = this.#clock.monotonicMs()
      const lateMs = nowMs - stallLimitMs
      for (const [giveUp, sinceMs] of this.#waiting) if (sinceMs <= lateMs) giveUp()
      const earliestMs = Math.min(...this.#waiting.values())
      if (Number.isFinite(earliestMs)) await this.#clock.sleep(earliestMs - lateMs, timer.signal).catch(() => undefined)
    }
    this.#timer = undefined
    // Somebody may have begun to wait between the timer's end and now.
    if (this.#waiting.size > 0) void this.#watch()
  }
}

const guards = new WeakMap<Readable | Writable, StallGuard>()

/** That of the stream. */
export function stallGuard(stream: Readable | Writable, clock: Clock): Pick<StallGuard, 'begin' | 'end'> {
  const guard = guards.get(stream) ?? new StallGuard(clock)
  guards.set(stream, guard)
  return guard
}

export function stalled(): UnavailableError {
  return new UnavailableError(`nothing came through the stream for ${stallLimitMs / 60_000} minutes`)
}

/** @param cause what the stream says of it, if anything */
export function broken(cause: unknown): AppError {
  return cause instanceof AppError ? cause : new UnavailableError('the stream broke off', {cause})
}
