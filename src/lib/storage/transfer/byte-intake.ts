// Bytes of a stream straight into the memory where they are wanted, for the data of disks, of which much passes: readBytes (stream-bytes.ts) waits and gathers for each piece that the
// kernel hands out, which costs more than the bytes themselves. From its making on the stream is the intake's alone.
import type {Readable} from 'node:stream'
import {CancelledError} from '../../base/index.ts'
import type {DirectStream} from '../../host/index.ts'
import type {StreamWaits} from './stream-bytes.ts'
import {broken, stallGuard, stalled} from './stream-bytes.ts'

/** What may come ahead of being asked for before the stream is held up. */
const maxAheadBytes = 512 * 1024

interface Wish {
  readonly target: Buffer
  filled: number
  readonly resolve: (filledBytes: number) => void
  readonly reject: (error: Error) => void
}

/** One reader at a time. */
export class ByteIntake {
  readonly #from: Readable
  readonly #waits: StreamWaits
  #wish: Wish | undefined
  #ahead: Buffer[] = []
  /** Those before it were taken. */
  #aheadStart = 0
  #aheadBytes = 0
  #end: {readonly error: Error | undefined} | undefined

  constructor(from: Readable & Partial<DirectStream>, waits: StreamWaits) {
    this.#from = from
    this.#waits = waits
    from.pause()
    if (from.readInto === undefined) from.on('data', (chunk: Buffer) => this.#take(chunk))
    else from.readInto({room: () => this.#wish?.target.subarray(this.#wish.filled), came: (count, elsewhere) => this.#came(count, elsewhere)})
    from.on('end', () => this.#finish(undefined))
    from.on('error', (error) => this.#finish(broken(error)))
    from.on('close', () => this.#finish(from.readableEnded ? undefined : broken(undefined)))
    if (from.readableEnded) this.#finish(undefined)
    else if (from.destroyed) this.#finish(broken(from.errored))
  }

  /** @returns how much of the target was filled: less than all only where the stream ends. @throws UnavailableError when it breaks or stands still, CancelledError */
  fill(target: Buffer): Promise<number> {
    const {signal} = this.#waits
    if (signal.aborted) return Promise.reject(new CancelledError('the stream was not read to its end because the operation was cancelled'))
    const filled = this.#fromAhead(target)
    if (filled === target.length || (this.#end !== undefined && this.#end.error === undefined)) return Promise.resolve(filled)
    if (this.#end?.error !== undefined) return Promise.reject(this.#end.error)
    const guard = stallGuard(this.#from, this.#waits.clock)
    return new Promise((resolve, reject) => {
      const over = (): void => {
        this.#wish = undefined
        signal.removeEventListener('abort', onAbort)
        guard.end(onStall)
      }
      const fail = (error: Error): void => {
        over()
        reject(error)
      }
      const onAbort = (): void => fail(new CancelledError('the stream was given up because the operation was cancelled'))
      const onStall = (): void => fail(stalled())
      this.#wish = {target, filled, reject: fail, resolve: (bytes) => { over(); resolve(bytes) }}
      this.#onProgress = () => guard.begin(onStall)
      signal.addEventListener('abort', onAbort)
      guard.begin(onStall)
      this.#from.resume()
    })
  }

  /** @returns as many bytes as asked for; fewer only where the stream ends. @throws as fill */
  async take(count: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(count)
    return bytes.subarray(0, await this.fill(bytes))
  }

  #onProgress: () => void = () => undefined

  #take(chunk: Buffer): void {
    const wish = this.#wish
    const used = wish === undefined ? 0 : chunk.copy(wish.target, wish.filled)
    this.#filled(used)
    if (used === chunk.length) return
    this.#ahead.push(used === 0 ? chunk : chunk.subarray(used))
    this.#aheadBytes += chunk.length - used
    if (this.#aheadBytes > maxAheadBytes) this.#from.pause()
  }

  /** @param elsewhere where they are when they are not in the wish's memory; they are copied */
  #came(count: number, elsewhere: Buffer | undefined): void {
    if (elsewhere === undefined) this.#filled(count)
    else {
      const used = this.#wish === undefined ? 0 : elsewhere.copy(this.#wish.target, this.#wish.filled)
      this.#filled(used)
      if (used < count) this.#take(Buffer.from(elsewhere.subarray(used)))
    }
    // Until it is known where more of it goes.
    if (this.#wish === undefined) this.#from.pause()
  }

  #filled(count: number): void {
    const wish = this.#wish
    if (wish === undefined || count === 0) return
    wish.filled += count
    if (wish.filled === wish.target.length) wish.resolve(wish.filled)
    else this.#onProgress()
  }

  #fromAhead(target: Buffer): number {
    let filled = 0
    while (filled < target.length) {
      const chunk = this.#ahead[this.#aheadStart]
      if (chunk === undefined) break
      const used = chunk.copy(target, filled)
      filled += used
      if (used < chunk.length) this.#ahead[this.#aheadStart] = chunk.subarray(used)
      else this.#aheadStart++
    }
    // Before anything is waited for all of it was taken, so it does not grow; to move the rest with each chunk would take long where chunks are small.
    if (this.#aheadStart === this.#ahead.length) [this.#ahead, this.#aheadStart] = [[], 0]
    this.#aheadBytes -= filled
    return filled
  }

  #finish(error: Error | undefined): void {
    this.#end ??= {error}
    if (this.#end.error === undefined) this.#wish?.resolve(this.#wish.filled)
    else this.#wish?.reject(this.#end.error)
  }
}
