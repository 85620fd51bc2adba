// Compression of blobs and of JSON in a repository, by the program zstd. What does not become smaller is kept as it is.
import {Writable} from 'node:stream'
import {InvalidInputError, ToolError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'

export interface BlobCompressor {
  /** undefined when that would not make it smaller. */
  pack(plain: Buffer): Promise<Buffer | undefined>
  /** @throws InvalidInputError when it is damaged or has more than `maxBytes` */
  unpack(packed: Buffer, maxBytes: number): Promise<Buffer>
}

const timeoutMs = 600_000

/** @throws NotFoundError later, when the program is missing */
export function zstdOn(host: Pick<Host, 'run'>, signal?: AbortSignal): BlobCompressor {
  const run = async (argv: readonly string[], input: Buffer, maxBytes: number): Promise<Buffer> => {
    const pieces: Buffer[] = []
    let sizeBytes = 0
    const outputStream = new Writable({write(piece: Buffer, _encoding, done) {
      sizeBytes += piece.length
      pieces.push(piece)
      done(sizeBytes > maxBytes ? new InvalidInputError('a compressed piece of the repository is larger than it says') : null)
    }})
    await host.run(argv, {input, outputStream, timeoutMs, ...(signal === undefined ? {} : {signal})})
    return Buffer.concat(pieces)
  }
  return {
    pack: async (plain) => {
      const packed = await run(['zstd', '-q', '-1', '-c'], plain, plain.length + 1024 * 1024)
      return packed.length < plain.length ? packed : undefined
    },
    unpack: async (packed, maxBytes) => {
      try {
        return await run(['zstd', '-q', '-d', '-c'], packed, maxBytes)
      } catch (cause) {
        throw cause instanceof ToolError ? new InvalidInputError('a compressed piece of the repository is damaged', {}, {cause}) : cause
      }
    },
  }
}
