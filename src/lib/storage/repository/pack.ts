// A pack: a file of `data/` that holds many blobs, each sealed by itself, and at its end a sealed list of them. Pure. The layout is that of restic's design
// document ("Pack Format"); numbers have their lowest byte first.
import {InvalidInputError} from '../../base/index.ts'
import {maxBlobBytes} from './limits.ts'
import {hashOf, seal, sealBytes, unseal} from './seal.ts'
import type {SealKey} from './seal.ts'

export type BlobType = 'data' | 'tree'

/** Where a blob lies in a pack. */
export interface PackedBlob {
  /** SHA-256 of the bytes before they are compressed and sealed. */
  readonly id: string
  readonly type: BlobType
  readonly offset: number
  /** As it lies there, sealed. */
  readonly sizeBytes: number
  /** Before compression; absent for one that is not compressed. */
  readonly plainBytes?: number
}

const [idBytes, lengthBytes] = [32, 4]
/** A pack ends with the length of its sealed list. */
export const packEndBytes = lengthBytes
/** More than any program puts into one pack. */
const maxListBytes = 16 * 1024 * 1024
/** Each kind of entry by its first byte: without and with compression. */
const kinds = [{type: 'data', compressed: false}, {type: 'tree', compressed: false}, {type: 'data', compressed: true}, {type: 'tree', compressed: true}] as const

/** Gathers blobs until there is enough of them for a file. */
export class PackBuilder {
  readonly #key: SealKey
  readonly #pieces: Buffer[] = []
  readonly #blobs: PackedBlob[] = []
  #sizeBytes = 0

  constructor(key: SealKey) {
    this.#key = key
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /**
   * @param id the hash of the bytes before compression
   * @param plainBytes how many those were, when `data` is compressed
   */
  add(type: BlobType, id: string, data: Buffer, plainBytes?: number): void {
    const sealed = seal(this.#key, data)
    this.#blobs.push({id, type, offset: this.#sizeBytes, sizeBytes: sealed.length, ...(plainBytes === undefined ? {} : {plainBytes})})
    this.#pieces.push(sealed)
    this.#sizeBytes += sealed.length
  }

  /** The file, its name, and what the index says of it. */
  finish(): {readonly id: string; readonly data: Buffer; readonly blobs: readonly PackedBlob[]} {
    const list = seal(this.#key, formatPackList(this.#blobs))
    const length = Buffer.alloc(lengthBytes)
    length.writeUInt32LE(list.length)
    const data = Buffer.concat([...this.#pieces, list, length])
    return {id: hashOf(data), data, blobs: this.#blobs}
  }
}

function formatPackList(blobs: readonly PackedBlob[]): Buffer {
  return Buffer.concat(blobs.map(({id, type, sizeBytes, plainBytes}) => {
    const numbers = plainBytes === undefined ? [sizeBytes] : [sizeBytes, plainBytes]
    const head = Buffer.alloc(1 + lengthBytes * numbers.length)
    head.writeUInt8(kinds.findIndex((kind) => kind.type === type && kind.compressed === (plainBytes !== undefined)))
    for (const [index, number] of numbers.entries()) head.writeUInt32LE(number, 1 + lengthBytes * index)
    return Buffer.concat([head, Buffer.from(id, 'hex')])
  }))
}

/** How long the sealed list is, with the four bytes behind it, by a pack's last four bytes. @throws InvalidInputError */
export function packListBytes(end: Buffer): number {
  if (end.length < packEndBytes) throw new InvalidInputError('a pack of the repository is cut off')
  const listBytes = end.readUInt32LE(end.length - lengthBytes)
  if (listBytes < sealBytes || listBytes > maxListBytes) throw new InvalidInputError('a pack of the repository says of itself what cannot be')
  return listBytes + packEndBytes
}

/**
 * @param tail the end of a pack, `packListBytes` long
 * @param packBytes the size of the whole
 * @throws InvalidInputError when it is damaged, or the blobs do not fill the pack
 */
export function parsePackList(key: SealKey, tail: Buffer, packBytes: number): PackedBlob[] {
  const list = unseal(key, tail.subarray(0, -packEndBytes))
  const blobs: PackedBlob[] = []
  let offset = 0
  for (let at = 0; at < list.length;) {
    const kind = kinds[list.readUInt8(at)]
    const entryBytes = 1 + lengthBytes * (kind?.compressed === true ? 2 : 1) + idBytes
    if (kind === undefined || at + entryBytes > list.length) throw new InvalidInputError('the list of a pack of the repository is damaged')
    const sizeBytes = list.readUInt32LE(at + 1)
    const plainBytes = kind.compressed ? list.readUInt32LE(at + 1 + lengthBytes) : undefined
    if (Math.max(sizeBytes, plainBytes ?? 0) > maxBlobBytes) throw new InvalidInputError('a pack of the repository names a blob that is too large')
    blobs.push({
      id: list.toString('hex', at + entryBytes - idBytes, at + entryBytes), type: kind.type, offset, sizeBytes,
      ...(plainBytes === undefined ? {} : {plainBytes}),
    })
    offset += sizeBytes
    at += entryBytes
  }
  if (offset + tail.length !== packBytes) throw new InvalidInputError('the blobs of a pack of the repository do not fill it')
  return blobs
}
