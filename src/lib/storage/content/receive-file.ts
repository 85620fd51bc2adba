// Writes what comes through a stream into a file, within bounds, and tells its checksums. Nobody else can read the file.
import {createHash} from 'node:crypto'
import {PassThrough, Transform} from 'node:stream'
import type {Writable} from 'node:stream'
import {UnavailableError} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'

export const checksumAlgorithms = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number]

export interface Received { readonly sizeBytes: number; readonly checksum: string }

const limitMs = 7 * 24 * 3600_000
/** Pure. */
export function writeArgv(path: string): string[] {
  return ['dd', `of=${path}`, 'bs=1M', 'iflag=fullblock', 'conv=notrunc,fsync', 'status=none']
}

const toldEveryBytes = 256 * 1024 ** 2

/**
 * @param path what is there is replaced
 * @param maxBytes more than that ends the work with an UnavailableError
 * @throws what the work throws; the file is gone then
 */
export async function receiveFile(
  path: string, {maxBytes, algorithm = 'sha256'}: {readonly maxBytes: number; readonly algorithm?: ChecksumAlgorithm}, {host, signal, log}: Pick<Context, 'host' | 'signal' | 'log'>, work: (to: Writable) => Promise<void>,
): Promise<Received> {
  const hash = createHash(algorithm)
  let sizeBytes = 0
  const counted = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      sizeBytes += chunk.length
      if (sizeBytes > maxBytes) { done(new UnavailableError(`what comes is larger than the ${maxBytes} bytes that there is room for`)); return }
      if (Math.floor(sizeBytes / toldEveryBytes) > Math.floor((sizeBytes - chunk.length) / toldEveryBytes)) log.info(`${Math.floor(sizeBytes / 1024 ** 2)} MiB so far`)
      hash.update(chunk)
      done(null, chunk)
    },
  })
  const pipe = counted.pipe(new PassThrough())
  let failure: Error | undefined
  counted.once('error', (error) => { failure = error; pipe.destroy(error) })
  await host.files.write(path, '', {mode: 0o600, durable: false})
  const written = host.run(writeArgv(path), {timeoutMs: limitMs, signal, inputStream: pipe, diesWithUs: true})
  try {
    const sent = work(counted).then(() => { counted.end() }, (error: unknown) => { counted.destroy(); pipe.destroy(); throw error })
    await Promise.all([sent, written])
  } catch (error) {
    await written.catch(() => undefined)
    await host.files.remove(path).catch(() => undefined)
    throw failure ?? error
  }
  return {sizeBytes, checksum: hash.digest('hex')}
}
