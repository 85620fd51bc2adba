// The bytes of a VMA archive as they come about: clusters of disks, pushed by whoever reads the disks in whatever order, become extents for whoever
// writes the archive. Whoever pushes waits while the archive's target is slow, so memory does not grow. It knows no disks and no files.
import {AppError, InvalidInputError} from '../../base/index.ts'
import {vmaClusterBytes} from './vma-data.ts'
import type {VmaContents} from './vma-writer.ts'
import {VmaExtents, formatVmaHeader} from './vma-writer.ts'

/** Takes what a disk holds, on its clusters' bounds and each cluster once. */
export interface VmaDiskSink {
  readonly sizeBytes: number
  /** Resolves once more may come. @throws InvalidInputError off the bounds, or for a cluster that came before */
  write(offset: number, bytes: Buffer): Promise<void>
  writeZeros(offset: number, lengthBytes: number): Promise<void>
}

/**
 * @param fill pushes all disks' clusters into the sinks, which stand in the order of the disks; the archive ends with it. Its signal says that nobody
 * wants the archive any more.
 * @throws what `fill` throws; AppError when a cluster of a disk did not come
 */
export async function* vmaStream(contents: VmaContents, fill: (sinks: readonly VmaDiskSink[], signal: AbortSignal) => Promise<void>, onBytes: (diskBytes: number) => void = () => undefined): AsyncGenerator<Buffer> {
  const stop = new AbortController()
  const line = new Handover()
  const extents = new VmaExtents(contents.uuid)
  const sinks = contents.disks.map(({name, sizeBytes}, index) => new DiskSink(index + 1, name, sizeBytes, extents, line, onBytes))
  const filling = fill(sinks, stop.signal).then(async () => {
    for (const sink of sinks) sink.assertWhole()
    const last = extents.end()
    if (last !== undefined) await line.give(last)
  }).then(() => line.close(undefined), (error: unknown) => line.close(error instanceof Error ? error : new AppError('internal', 'the archive could not be filled', {cause: error})))
  try {
    yield formatVmaHeader(contents)
    for (;;) {
      const extent = await line.take()
      if (extent === undefined) return
      yield extent
    }
  } finally {
    stop.abort()
    line.abandon()
    await filling
  }
}

class DiskSink implements VmaDiskSink {
  readonly sizeBytes: number
  readonly #number: number
  readonly #name: string
  readonly #extents: VmaExtents
  readonly #line: Handover
  readonly #onBytes: (bytes: number) => void
  /** A bit for each cluster that came. */
  readonly #came: Uint8Array
  #missing: number

  constructor(number: number, name: string, sizeBytes: number, extents: VmaExtents, line: Handover, onBytes: (bytes: number) => void) {
    this.#number = number
    this.#name = name
    this.sizeBytes = sizeBytes
    this.#extents = extents
    this.#line = line
    this.#onBytes = onBytes
    this.#missing = Math.ceil(sizeBytes / vmaClusterBytes)
    this.#came = new Uint8Array(Math.ceil(this.#missing / 8))
  }

  write(offset: number, bytes: Buffer): Promise<void> {
    return this.#add(offset, bytes.length, bytes)
  }

  writeZeros(offset: number, lengthBytes: number): Promise<void> {
    return this.#add(offset, lengthBytes, undefined)
  }

  assertWhole(): void {
    if (this.#missing > 0) throw new AppError('internal', `${this.#missing} pieces of ${this.#name} were not read`)
  }

  async #add(offset: number, lengthBytes: number, bytes: Buffer | undefined): Promise<void> {
    const end = offset + lengthBytes
    if (offset % vmaClusterBytes !== 0 || end > this.sizeBytes || (end % vmaClusterBytes !== 0 && end !== this.sizeBytes)) {
      throw new InvalidInputError(`a piece of ${this.#name} does not lie on the bounds of clusters: ${lengthBytes} bytes at ${offset}`)
    }
    for (let at = 0; at < lengthBytes; at += vmaClusterBytes) {
      const cluster = (offset + at) / vmaClusterBytes
      this.#mark(cluster)
      const full = this.#extents.add(this.#number, cluster, bytes?.subarray(at, at + vmaClusterBytes))
      if (full !== undefined) await this.#line.give(full)
    }
    this.#onBytes(lengthBytes)
  }

  #mark(cluster: number): void {
    const [index, bit] = [cluster >>> 3, 1 << (cluster & 7)]
    const byte = this.#came[index] ?? 0
    if ((byte & bit) !== 0) throw new InvalidInputError(`a piece of ${this.#name} came twice`)
    this.#came[index] = byte | bit
    this.#missing--
  }
}

/** Hands extents from one side to the other, which may have one waiting. */
class Handover {
  #waiting: Buffer[] = []
  #end: {readonly error: Error | undefined} | undefined
  #isAbandoned = false
  #wake: (() => void)[] = []

  async give(extent: Buffer): Promise<void> {
    this.#waiting.push(extent)
    this.#change()
    while (this.#waiting.length > 1 && !this.#isAbandoned) await this.#changed()
    if (this.#isAbandoned) throw new AppError('cancelled', 'nobody takes the archive any more')
  }

  /** @returns undefined at the end. @throws what it was closed with */
  async take(): Promise<Buffer | undefined> {
    while (this.#waiting.length === 0 && this.#end === undefined) await this.#changed()
    const extent = this.#waiting.shift()
    this.#change()
    if (extent !== undefined) return extent
    if (this.#end?.error !== undefined) throw this.#end.error
    return undefined
  }

  close(error: Error | undefined): void {
    this.#end = {error}
    this.#change()
  }

  abandon(): void {
    this.#isAbandoned = true
    this.#change()
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => { this.#wake.push(resolve) })
  }

  #change(): void {
    const wake = this.#wake
    this.#wake = []
    for (const resolve of wake) resolve()
  }
}
