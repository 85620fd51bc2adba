// What follows the header of a VMA archive: extents, each a table of up to 59 clusters of 64 KiB and the blocks of them that are not zeros. Reads them
// from a stream, a bounded piece at a time, and believes nothing that it has not checked: sums, numbers of disks, places on them, and at the end
// that every cluster came, and came once. The layout is that of the format's description (vma_spec.txt of pve-qemu).
import {createHash} from 'node:crypto'
import type {Readable} from 'node:stream'
import {InvalidInputError} from '../../base/index.ts'
import {ByteIntake} from '../transfer/byte-intake.ts'
import type {StreamWaits} from '../transfer/stream-bytes.ts'
import {readBytes} from '../transfer/stream-bytes.ts'
import type {VmaHeader} from './vma-header.ts'
import {parseVmaHeader, vmaFixedBytes, vmaHeaderBytes} from './vma-header.ts'

export const vmaClusterBytes = 64 * 1024
export const vmaBlockBytes = 4096
const blocksPerCluster = vmaClusterBytes / vmaBlockBytes
export const vmaExtentHeaderBytes = 512
export const vmaClustersPerExtent = 59
const at = {blocks: 6, uuid: 8, digest: 24, table: 40} as const
/** What was written of a machine's memory has no size that is known beforehand, so it may be shorter than its entry says. */
const memoryName = 'vmstate'

/** A run of bytes of a disk. */
export interface VmaPiece {
  readonly disk: number
  readonly offset: number
  readonly lengthBytes: number
  /** undefined: zeros. */
  readonly data: Buffer | undefined
}

/** @throws InvalidInputError when the stream does not begin with a header of VMA that is whole */
export async function readVmaHeader(from: Readable, waits: StreamWaits): Promise<VmaHeader> {
  const start = await readBytes(from, vmaFixedBytes, waits)
  const wholeBytes = vmaHeaderBytes(start)
  return parseVmaHeader(Buffer.concat([start, await readBytes(from, wholeBytes - start.length, waits)]))
}

/**
 * The pieces of all disks in the order in which they lie in the archive.
 * @param from a stream that stands behind the header; it is nobody else's from here on
 * @throws InvalidInputError when the archive is damaged or ends too early
 */
export async function* vmaPieces(from: Readable, header: VmaHeader, waits: StreamWaits): AsyncGenerator<VmaPiece> {
  const disks = new Map(header.disks.map((disk) => [disk.number, {...disk, clusters: new ClusterSet()}]))
  const intake = new ByteIntake(from, waits)
  for (;;) {
    const head = await intake.take(vmaExtentHeaderBytes)
    if (head.length === 0) break
    const {clusters, dataBytes} = parseExtent(head, header.uuid)
    const data = await intake.take(dataBytes)
    if (data.length < dataBytes) throw new InvalidInputError('the VMA archive ends in the middle')
    let read = 0
    for (const {disk: number, cluster, mask} of clusters) {
      const disk = disks.get(number)
      if (disk === undefined) throw new InvalidInputError(`the VMA archive has data of a disk ${number}, which its header does not name`)
      if (cluster * vmaClusterBytes >= disk.sizeBytes) throw new InvalidInputError(`the VMA archive has data behind the end of '${disk.name}'`)
      if (!disk.clusters.add(cluster)) throw new InvalidInputError(`the VMA archive has the same part of '${disk.name}' twice`)
      for (const piece of clusterPieces(mask)) {
        const offset = cluster * vmaClusterBytes + piece.block * vmaBlockBytes
        const storedBytes = piece.blocks * vmaBlockBytes
        const lengthBytes = Math.min(storedBytes, disk.sizeBytes - offset)
        if (lengthBytes > 0) yield {disk: number, offset, lengthBytes, data: piece.isStored ? data.subarray(read, read + lengthBytes) : undefined}
        if (piece.isStored) read += storedBytes
      }
    }
  }
  for (const {name, sizeBytes, clusters} of disks.values()) {
    const missing = Math.ceil(sizeBytes / vmaClusterBytes) - clusters.size
    if (missing > 0 && name !== memoryName) throw new InvalidInputError(`the VMA archive is not whole: ${missing} pieces of 64 KiB of '${name}' are missing`)
  }
}

interface StoredCluster { readonly disk: number; readonly cluster: number; readonly mask: number }

/** Pure. @throws InvalidInputError */
function parseExtent(head: Buffer, uuid: string): {clusters: readonly StoredCluster[]; dataBytes: number} {
  if (head.length < vmaExtentHeaderBytes) throw new InvalidInputError('the VMA archive ends in the middle')
  if (head.toString('latin1', 0, 4) !== 'VMAE') throw new InvalidInputError('the VMA archive is damaged: a piece of it does not begin as it should')
  const unsigned = Buffer.from(head)
  unsigned.fill(0, at.digest, at.digest + 16)
  if (!createHash('md5').update(unsigned).digest().equals(head.subarray(at.digest, at.digest + 16))) throw new InvalidInputError('the VMA archive is damaged: the checksum of a piece is wrong')
  if (head.toString('hex', at.uuid, at.uuid + 16) !== uuid.replaceAll('-', '')) throw new InvalidInputError('the VMA archive is damaged: a piece of another archive is in it')
  const clusters: StoredCluster[] = []
  let blocks = 0
  for (let index = 0; index < vmaClustersPerExtent; index++) {
    const place = at.table + 8 * index
    const [mask, disk, cluster] = [head.readUInt16BE(place), head.readUInt8(place + 3), head.readUInt32BE(place + 4)]
    if (disk === 0) continue
    clusters.push({disk, cluster, mask})
    blocks += bitCount(mask)
  }
  if (blocks !== head.readUInt16BE(at.blocks)) throw new InvalidInputError('the VMA archive is damaged: a piece contradicts itself')
  return {clusters, dataBytes: blocks * vmaBlockBytes}
}

function bitCount(mask: number): number {
  let count = 0
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++
  return count
}

/** Pure: the runs of stored blocks and of zeros in a cluster. */
function* clusterPieces(mask: number): Generator<{readonly block: number; readonly blocks: number; readonly isStored: boolean}> {
  const isStoredAt = (block: number): boolean => (mask >> block & 1) === 1
  for (let block = 0; block < blocksPerCluster;) {
    let end = block + 1
    while (end < blocksPerCluster && isStoredAt(end) === isStoredAt(block)) end++
    yield {block, blocks: end - block, isStored: isStoredAt(block)}
    block = end
  }
}

/** Which clusters of a disk came. It takes memory for those that did, whatever size the header gives the disk. */
class ClusterSet {
  size = 0
  readonly #pages = new Map<number, Uint8Array>()

  /** @returns false when it was there */
  add(cluster: number): boolean {
    const pageNumber = cluster >>> 15
    const page = this.#pages.get(pageNumber) ?? new Uint8Array(4096)
    this.#pages.set(pageNumber, page)
    const [byte, bit] = [(cluster & 0x7fff) >>> 3, 1 << (cluster & 7)]
    if (((page[byte] ?? 0) & bit) !== 0) return false
    page[byte] = (page[byte] ?? 0) | bit
    this.size++
    return true
  }
}
