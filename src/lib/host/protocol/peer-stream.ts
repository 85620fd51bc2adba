// One byte stream in both directions over a peer's connection. Whoever receives says beforehand how much it takes (credit), so that a
// slow reader stops a fast writer and never fills anybody's memory. It knows frames only through its link.
import {Duplex} from 'node:stream'
import {violation} from './frames.ts'

/** How much may be under way to a reader that does not read. */
export const streamWindowBytes = 256 * 1024
const chunkBytes = 64 * 1024
/** More credit than this is never given by us. */
const maxCreditBytes = 64 * 1024 * 1024

export interface StreamLink {
  sendData(chunk: Buffer): void
  sendCredit(bytes: number): void
  sendEnd(): void
  sendReset(): void
  /** Resolves when the connection takes more, or is gone. */
  room(): Promise<void>
}

export class PeerStream extends Duplex {
  readonly #link: StreamLink
  #credit = 0
  #received = 0
  #granted = 0
  #onCredit: (() => void) | undefined

  constructor(link: StreamLink) {
    super({readableHighWaterMark: chunkBytes, writableHighWaterMark: chunkBytes})
    this.#link = link
    this.#grant()
  }

  /** Data of the other side. @throws AppError (tool) for more than it was allowed */
  receive(chunk: Buffer): void {
    if (this.#received + chunk.length > this.#granted) throw violation('it sent more on a stream than it was given credit for')
    this.#received += chunk.length
    if (this.destroyed) return
    this.push(chunk)
    this.#grant()
  }

  /** @throws AppError (tool) for credit without measure */
  addCredit(bytes: number): void {
    this.#credit += bytes
    if (this.#credit > maxCreditBytes) throw violation('it gave more credit for a stream than any reader has')
    this.#onCredit?.()
  }

  receiveEnd(): void {
    if (!this.destroyed) this.push(null)
  }

  // Everything that a consumer takes out of the buffer goes through here, so the credit follows it at once.
  override read(size?: number): unknown {
    const chunk: unknown = super.read(size)
    this.#grant()
    return chunk
  }

  override _read(): void {
    this.#grant()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk).then(() => done(), done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#link.sendEnd()
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#link.sendReset()
    this.#onCredit?.()
    done(error)
  }

  async #send(chunk: Buffer): Promise<void> {
    let at = 0
    while (at < chunk.length && !this.destroyed) {
      if (this.#credit === 0) {
        await new Promise<void>((resolve) => { this.#onCredit = resolve })
        this.#onCredit = undefined
        continue
      }
      const count = Math.min(this.#credit, chunkBytes, chunk.length - at)
      this.#credit -= count
      this.#link.sendData(chunk.subarray(at, at + count))
      at += count
      await this.#link.room()
    }
  }

  /** Lets the other side send as much as was read, in steps that are worth a frame. */
  #grant(): void {
    if (this.destroyed || this.readableEnded) return
    const target = this.#received - this.readableLength + streamWindowBytes
    const more = target - this.#granted
    if (more < streamWindowBytes / 2) return
    this.#granted = target
    this.#link.sendCredit(more)
  }
}
