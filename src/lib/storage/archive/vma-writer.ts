// Writes VMA archives, in which vzdump keeps virtual machines: the header with configuration files and the table of disks, and extents of up to 59
// clusters of 64 KiB, of which blocks of 4 KiB that are zeros are left out. Clusters may come in any order, and each must come once. Pure. The layout is that
// of the format's description (vma_spec.txt of pve-qemu); numbers have their highest byte first where nothing else is said.
import {createHash} from 'node:crypto'
import {AppError} from '../../base/index.ts'
import {vmaBlockBytes, vmaClusterBytes, vmaClustersPerExtent, vmaExtentHeaderBytes} from './vma-data.ts'
import {vmaFixedBytes} from './vma-header.ts'

export interface VmaContents {
  /** With its dashes. */
  readonly uuid: string
  readonly createdAtMs: number
  /** Configuration files: `qemu-server.conf`, `qemu-server.fw`. Each has less than 64 KiB. */
  readonly configs: readonly {readonly name: string; readonly text: string}[]
  /** The first has the number 1. */
  readonly disks: readonly {readonly name: string; readonly sizeBytes: number}[]
}

const maxConfigs = 256
/** The number 0 stands for no disk. */
const maxDisks = 255
const maxBlobBytes = 0xffff
const headerAt = {uuid: 8, ctime: 24, digest: 32, blobOffset: 48, blobSize: 52, headerSize: 56, configNames: 2044, configData: 3068, devices: 4096} as const
const deviceBytes = 32
const sectorBytes = 512
const extentAt = {blocks: 6, uuid: 8, digest: 24, table: 40} as const
const blocksPerCluster = vmaClusterBytes / vmaBlockBytes
const zeroBlock = Buffer.alloc(vmaBlockBytes)
const zeroCluster = Buffer.alloc(vmaClusterBytes)

/** @throws AppError when there is more than the format can hold */
export function formatVmaHeader({uuid, createdAtMs, configs, disks}: VmaContents): Buffer {
  if (configs.length > maxConfigs || disks.length > maxDisks) throw new AppError('internal', `a VMA archive holds at most ${maxConfigs} configuration files and ${maxDisks} disks`)
  // A place of 0 stands for nothing, so nothing may lie there.
  const blobs: Buffer[] = [Buffer.alloc(1)]
  let blobBytes = 1
  const placeOf = (data: Buffer): number => {
    if (data.length > maxBlobBytes) throw new AppError('internal', `a configuration in a VMA archive has at most ${maxBlobBytes} bytes`)
    const [place, length] = [blobBytes, Buffer.alloc(2)]
    length.writeUInt16LE(data.length)
    blobs.push(length, data)
    blobBytes += 2 + data.length
    return place
  }
  const fixed = Buffer.alloc(vmaFixedBytes)
  fixed.write('VMA\0', 0, 'latin1')
  fixed.writeUInt32BE(1, 4)
  uuidBytes(uuid).copy(fixed, headerAt.uuid)
  fixed.writeBigInt64BE(BigInt(Math.floor(createdAtMs / 1000)), headerAt.ctime)
  for (const [index, {name, text}] of configs.entries()) {
    fixed.writeUInt32BE(placeOf(nameBytes(name)), headerAt.configNames + 4 * index)
    fixed.writeUInt32BE(placeOf(Buffer.from(text)), headerAt.configData + 4 * index)
  }
  for (const [index, {name, sizeBytes}] of disks.entries()) {
    const place = headerAt.devices + deviceBytes * (index + 1)
    fixed.writeUInt32BE(placeOf(nameBytes(name)), place)
    fixed.writeBigUInt64BE(BigInt(sizeBytes), place + 8)
  }
  const wholeBytes = Math.ceil((vmaFixedBytes + blobBytes) / sectorBytes) * sectorBytes
  const header = Buffer.concat([fixed, ...blobs], wholeBytes)
  header.writeUInt32BE(vmaFixedBytes, headerAt.blobOffset)
  header.writeUInt32BE(blobBytes, headerAt.blobSize)
  header.writeUInt32BE(wholeBytes, headerAt.headerSize)
  createHash('md5').update(header).digest().copy(header, headerAt.digest)
  return header
}

/** Gathers clusters into extents. Not shared: one for an archive. */
export class VmaExtents {
  readonly #uuid: Buffer
  #extent = Buffer.alloc(0)
  #clusters = 0
  #bytes = 0

  /** @param uuid that of the header */
  constructor(uuid: string) {
    this.#uuid = uuidBytes(uuid)
  }

  /**
   * Takes one cluster.
   * @param data its bytes, fewer than a cluster only at the end of a disk; undefined: zeros
   * @returns the extent, when it is full with this; its bytes are nobody else's
   */
  add(disk: number, cluster: number, data: Buffer | undefined): Buffer | undefined {
    if (this.#clusters === 0) this.#begin()
    const mask = data === undefined || isZeros(data) ? 0 : storedBlocks(data)
    if (data !== undefined && mask !== 0) this.#store(data, mask)
    const place = extentAt.table + 8 * this.#clusters
    this.#extent.writeUInt16BE(mask, place)
    this.#extent.writeUInt8(disk, place + 3)
    this.#extent.writeUInt32BE(cluster, place + 4)
    this.#clusters++
    return this.#clusters === vmaClustersPerExtent ? this.end() : undefined
  }

  /** The extent that was begun; undefined when there is none. */
  end(): Buffer | undefined {
    if (this.#clusters === 0) return undefined
    const extent = this.#extent.subarray(0, this.#bytes)
    extent.writeUInt16BE((this.#bytes - vmaExtentHeaderBytes) / vmaBlockBytes, extentAt.blocks)
    createHash('md5').update(extent.subarray(0, vmaExtentHeaderBytes)).digest().copy(extent, extentAt.digest)
    this.#clusters = 0
    return extent
  }

  /** Neighbouring blocks at once. */
  #store(data: Buffer, mask: number): void {
    for (let block = 0; block < blocksPerCluster;) {
      if ((mask >> block & 1) === 0) { block++; continue }
      let end = block + 1
      while ((mask >> end & 1) === 1) end++
      this.#bytes += data.copy(this.#extent, this.#bytes, block * vmaBlockBytes, end * vmaBlockBytes)
      block = end
    }
    // The last block of a disk may be short; it is stored whole.
    const shortBytes = data.length % vmaBlockBytes
    if (shortBytes === 0 || (mask >> Math.floor(data.length / vmaBlockBytes) & 1) === 0) return
    this.#extent.fill(0, this.#bytes, this.#bytes + vmaBlockBytes - shortBytes)
    this.#bytes += vmaBlockBytes - shortBytes
  }

  #begin(): void {
    this.#extent = Buffer.allocUnsafe(vmaExtentHeaderBytes + vmaClustersPerExtent * vmaClusterBytes)
    this.#extent.fill(0, 0, vmaExtentHeaderBytes)
    this.#extent.write('VMAE', 0, 'latin1')
    this.#uuid.copy(this.#extent, extentAt.uuid)
    this.#bytes = vmaExtentHeaderBytes
  }
}

/** A bit for each block of a cluster that is not zeros. */
function storedBlocks(data: Buffer): number {
  let mask = 0
  for (let block = 0, at = 0; at < data.length; block++, at += vmaBlockBytes) {
    const end = Math.min(at + vmaBlockBytes, data.length)
    // Most blocks show at their beginning that they are no zeros.
    if ((end - at >= 4 && data.readInt32LE(at) !== 0) || zeroBlock.compare(data, at, end, 0, end - at) !== 0) mask |= 1 << block
  }
  return mask
}

function isZeros(data: Buffer): boolean {
  return zeroCluster.compare(data, 0, data.length, 0, data.length) === 0
}

/** A text that ends in a zero byte. */
function nameBytes(name: string): Buffer {
  return Buffer.from(`${name}\0`, 'latin1')
}

function uuidBytes(uuid: string): Buffer {
  const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex')
  if (bytes.length !== 16) throw new AppError('internal', `'${uuid}' is no UUID`)
  return bytes
}
