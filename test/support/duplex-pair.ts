// Two streams that are the ends of one connection, in memory and with backpressure: what is written to one waits until the other reads.
import {Duplex} from 'node:stream'

class End extends Duplex {
  other: End | undefined
  waiting: (() => void) | undefined

  override _read(): void {
    const resume = this.waiting
    this.waiting = undefined
    resume?.()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const {other} = this
    // Later, as a socket would: nothing is received within the call that sends it.
    setImmediate(() => {
      if (other === undefined || other.destroyed || other.push(Buffer.from(chunk))) done()
      else other.waiting = done
    })
  }

  override _final(done: () => void): void {
    setImmediate(() => { this.other?.push(null); done() })
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const {other} = this
    setImmediate(() => { if (other !== undefined && !other.destroyed && !other.readableEnded) other.push(null) })
    done(error)
  }
}

export function duplexPair(): [Duplex, Duplex] {
  const [a, b] = [new End(), new End()]
  a.other = b
  b.other = a
  return [a, b]
}
