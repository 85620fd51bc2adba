// How a disk lies in a repository: a file `drive-scsi0.raw` in blobs of one size, so that the place of each block is known, and of reading any part of it. A blob of zeros
// is known by its name and never read.
import {InvalidInputError} from '../../base/index.ts'
import type {NamedDiskSource} from '../archive/disk-source.ts'
import {hashOf} from './seal.ts'
import type {TreeFile} from './tree.ts'

/** A power of two, which QEMU takes as the granularity of a dirty bitmap. restic's own blobs have at most 8 MiB. */
export const diskBlobBytes = 4 * 1024 * 1024
const fileEnding = '.raw'
/** Blobs that are kept for the next reads: four of them. */
const keptBlobs = 4

/** Pure. @param name as in VMA archives: `drive-scsi0` */
export function diskFileName(name: string): string {
  return `${name}${fileEnding}`
}

/** Pure: the disk's name; undefined for a file that is no disk. */
export function diskNameOf(fileName: string): string | undefined {
  return /^(drive-[\w-]{1,100})\.raw$/.exec(fileName)?.[1]
}

/** Pure. */
export function blobCount(sizeBytes: number): number {
  return Math.ceil(sizeBytes / diskBlobBytes)
}

/** Pure: all but the last have the same size. */
export function blobSizeAt(index: number, sizeBytes: number): number {
  return Math.min(diskBlobBytes, sizeBytes - index * diskBlobBytes)
}

const zeroIds = new Map<number, string>()

/** Pure: the identifier of the blob that holds so many zeros. */
export function zeroBlobId(sizeBytes: number): string {
  const known = zeroIds.get(sizeBytes)
  if (known !== undefined) return known
  const id = hashOf(Buffer.alloc(sizeBytes))
  // One for whole blobs, and one for the end of each disk that is looked at: few.
  if (zeroIds.size < 64) zeroIds.set(sizeBytes, id)
  return id
}

/** What a disk needs of a repository. */
export type BlobSource = (id: string) => Promise<Buffer>

/** @throws InvalidInputError for a file that is no disk, or whose blobs cannot make up its size */
export function diskInRepository({name: fileName, sizeBytes, content}: TreeFile, load: BlobSource): NamedDiskSource {
  const name = diskNameOf(fileName)
  if (name === undefined || content.length !== blobCount(sizeBytes)) throw new InvalidInputError(`the backup is damaged: '${fileName}' has ${content.length} pieces for ${sizeBytes} bytes`)
  const kept = new Map<number, Promise<Buffer>>()
  const blobAt = async (index: number): Promise<Buffer> => {
    const known = kept.get(index)
    const blob = known ?? loadBlob(index)
    // The one that was used last goes last.
    kept.delete(index)
    kept.set(index, blob)
    for (const old of kept.keys()) if (kept.size > keptBlobs) kept.delete(old)
    try {
      return await blob
    } catch (error) {
      kept.delete(index)
      throw error
    }
  }
  const loadBlob = async (index: number): Promise<Buffer> => {
    const blob = await load(content[index] ?? '')
    const wanted = blobSizeAt(index, sizeBytes)
    if (blob.length !== wanted) throw new InvalidInputError(`the backup is damaged: a piece of '${name}' has ${blob.length} bytes and not ${wanted}`)
    return blob
  }
  const isZeroBlob = (index: number): boolean => content[index] === zeroBlobId(blobSizeAt(index, sizeBytes))
  return {
    name, sizeBytes,
    isHole: (offset, lengthBytes) => {
      for (let index = Math.floor(offset / diskBlobBytes); index * diskBlobBytes < offset + lengthBytes; index++) if (!isZeroBlob(index)) return false
      return true
    },
    read: async (offset, lengthBytes) => {
      if (!Number.isSafeInteger(offset) || offset < 0 || lengthBytes < 0 || offset + lengthBytes > sizeBytes) throw new InvalidInputError(`'${name}' in the backup has ${sizeBytes} bytes, and ${lengthBytes} at ${offset} are not among them`)
      const bytes = Buffer.alloc(lengthBytes)
      for (let at = 0; at < lengthBytes;) {
        const index = Math.floor((offset + at) / diskBlobBytes)
        const within = offset + at - index * diskBlobBytes
        const count = Math.min(lengthBytes - at, blobSizeAt(index, sizeBytes) - within)
        if (!isZeroBlob(index)) (await blobAt(index)).copy(bytes, at, within, within + count)
        at += count
      }
      return bytes
    },
  }
}
