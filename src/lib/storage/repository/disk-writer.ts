// Takes the clusters of a disk in whatever order they come and keeps them as the blobs of a repository. What does not come is as it was in the backup before. Memory does not
// grow with the disk: blobs that were begun, of which there are as many as whoever pushes reads at once, and a few that are being saved.
import {AppError, InvalidInputError, UnavailableError} from '../../base/index.ts'
import type {VmaDiskSink} from '../archive/vma-stream.ts'
import {blobCount, blobSizeAt, diskBlobBytes, zeroBlobId} from './disk-blobs.ts'
import type {Repository} from './repository.ts'

/** On the bounds of which everything comes. */
const clusterBytes = 64 * 1024
const clustersPerBlob = diskBlobBytes / clusterBytes
/** QEMU reads at most 128 MiB at once (block/block-copy.c, BLOCK_COPY_MAX_MEM). */
const maxBegunBlobs = 64
const maxSaving = 3
const zeroBlob = Buffer.alloc(diskBlobBytes)

export interface WrittenDisk {
  /** The blobs, in their order. */
  readonly content: readonly string[]
  /** What was read of the disk, zeros too. */
  readonly readBytes: number
  /** In blobs that the repository did not have. */
  readonly newBytes: number
}

interface BegunBlob {
  /** undefined: zeros, as far as it came. */
  bytes: Buffer | undefined
  readonly came: Uint8Array
  missingBytes: number
}

/** What is needed of a repository, whose index was read. */
export type BlobKeeper = Pick<Repository, 'has' | 'save'>

export interface DiskToWrite {
  /** For messages: `drive-scsi0`. */
  readonly name: string
  readonly sizeBytes: number
  /** The blobs of this disk in the backup that it is compared with; its size is the same. What does not come keeps them. */
  readonly parent?: readonly string[]
}

export class DiskWriter implements VmaDiskSink {
  readonly sizeBytes: number
  readonly #name: string
  readonly #repository: BlobKeeper
  readonly #onBytes: (bytes: number) => void
  readonly #content: (string | undefined)[]
  readonly #came: Uint8Array
  readonly #begun = new Map<number, BegunBlob>()
  readonly #saving = new Set<Promise<void>>()
  #failure: {readonly error: unknown} | undefined
  #readBytes = 0
  #newBytes = 0

  constructor({name, sizeBytes, parent}: DiskToWrite, repository: BlobKeeper, onBytes: (bytes: number) => void = () => undefined) {
    const count = blobCount(sizeBytes)
    if (parent !== undefined && parent.length !== count) throw new AppError('internal', `${name} has ${count} pieces and had ${parent.length}`)
    this.sizeBytes = sizeBytes
    this.#name = name
    this.#repository = repository
    this.#onBytes = onBytes
    this.#content = parent === undefined ? Array.from({length: count}) : [...parent]
    this.#came = new Uint8Array(count)
  }

  /** @throws InvalidInputError off the bounds of clusters, or for one that came before; what the repository throws */
  write(offset: number, bytes: Buffer): Promise<void> {
    return this.#add(offset, bytes.length, bytes)
  }

  /** @throws as write */
  writeZeros(offset: number, lengthBytes: number): Promise<void> {
    return this.#add(offset, lengthBytes, undefined)
  }

  /** Once everything came. @throws AppError when a piece is missing; what the repository throws */
  async finish(): Promise<WrittenDisk> {
    await Promise.all(this.#saving)
    this.#assertWell()
    const content = this.#content.flatMap((id) => id ?? [])
    const missing = this.#begun.size + this.#content.length - content.length
    if (missing > 0) throw new AppError('internal', `${missing} pieces of ${this.#name} were not read`)
    return {content, readBytes: this.#readBytes, newBytes: this.#newBytes}
  }

  async #add(offset: number, lengthBytes: number, bytes: Buffer | undefined): Promise<void> {
    const end = offset + lengthBytes
    if (offset % clusterBytes !== 0 || end > this.sizeBytes || (end % clusterBytes !== 0 && end !== this.sizeBytes)) {
      throw new InvalidInputError(`a piece of ${this.#name} does not lie on the bounds of clusters: ${lengthBytes} bytes at ${offset}`)
    }
    for (let at = offset; at < end;) {
      const index = Math.floor(at / diskBlobBytes)
      const until = Math.min(end, (index + 1) * diskBlobBytes)
      await this.#addToBlob(index, at - index * diskBlobBytes, until - at, bytes?.subarray(at - offset, until - offset))
      at = until
    }
    this.#readBytes += lengthBytes
    this.#onBytes(lengthBytes)
  }

  /** Within one blob. */
  async #addToBlob(index: number, within: number, lengthBytes: number, bytes: Buffer | undefined): Promise<void> {
    const sizeBytes = blobSizeAt(index, this.sizeBytes)
    if (this.#came[index] === 1) throw new InvalidInputError(`a piece of ${this.#name} came twice`)
    const blob = this.#begun.get(index) ?? {bytes: undefined, came: new Uint8Array(clustersPerBlob), missingBytes: sizeBytes}
    for (let cluster = within / clusterBytes; cluster * clusterBytes < within + lengthBytes; cluster++) {
      if (blob.came[cluster] === 1) throw new InvalidInputError(`a piece of ${this.#name} came twice`)
      blob.came[cluster] = 1
    }
    if (bytes !== undefined && bytes.compare(zeroBlob, 0, bytes.length) !== 0) {
      blob.bytes ??= Buffer.alloc(sizeBytes)
      bytes.copy(blob.bytes, within)
    }
    blob.missingBytes -= lengthBytes
    if (blob.missingBytes > 0) {
      this.#begun.set(index, blob)
      if (this.#begun.size > maxBegunBlobs) throw new UnavailableError(`${this.#name} is read in more places at once than can be kept`)
      return
    }
    this.#begun.delete(index)
    this.#came[index] = 1
    await this.#save(index, blob.bytes ?? zeroBlob.subarray(0, sizeBytes))
  }

  async #save(index: number, blob: Buffer): Promise<void> {
    const zeroId = zeroBlobId(blob.length)
    // Most of many a disk: the first of them alone goes into the repository.
    if (blob.buffer === zeroBlob.buffer && this.#repository.has('data', zeroId)) {
      this.#content[index] = zeroId
      return
    }
    while (this.#saving.size >= maxSaving) await Promise.race(this.#saving)
    this.#assertWell()
    const saving = this.#repository.save('data', blob).then(({id, isNew}) => {
      this.#content[index] = id
      if (isNew) this.#newBytes += blob.length
    }).catch((error: unknown) => { this.#failure ??= {error} }).finally(() => { this.#saving.delete(saving) })
    this.#saving.add(saving)
  }

  #assertWell(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}
