// Standard input and output of this process as one stream, for frames and nothing else: whatever writes to the standard output by the
// usual ways lands on standard error instead, of which only a bounded part is let out.
import {Duplex} from 'node:stream'

const maxStderrBytes = 64 * 1024

/** To be called once, before anything else writes. */
export function takeStandardStreams(): Duplex {
  const {stdin, stdout, stderr} = process
  boundWrites(stderr)
  // Node's console takes process.stdout when it is first used.
  Object.defineProperty(process, 'stdout', {configurable: true, get: () => stderr})
  return new ProcessStream(stdin, stdout)
}

class ProcessStream extends Duplex {
  readonly #input: NodeJS.ReadStream
  readonly #output: NodeJS.WriteStream

  constructor(input: NodeJS.ReadStream, output: NodeJS.WriteStream) {
    super({allowHalfOpen: true})
    this.#input = input
    this.#output = output
    input.on('data', (chunk: Buffer) => { if (!this.push(chunk)) input.pause() })
    input.once('end', () => this.push(null))
    input.once('error', (error: Error) => this.destroy(error))
    output.once('error', (error: Error) => this.destroy(error))
    input.pause()
  }

  override _read(): void {
    this.#input.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#output.write(chunk, done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#input.destroy()
    done(error)
  }
}

function boundWrites(stream: NodeJS.WriteStream): void {
  const write = stream.write.bind(stream)
  let left = maxStderrBytes
  stream.on('error', () => undefined)
  stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    const bytes = (typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)).subarray(0, left)
    left -= bytes.length
    const done = rest.find((value) => typeof value === 'function') as (() => void) | undefined
    if (bytes.length > 0) return write(bytes, done)
    done?.()
    return true
  })
}
