// VMA archives as vzdump writes them, laid out by hand from the format's description (vma_spec.txt of pve-qemu), apart from the product's own code.
import {createHash} from 'node:crypto'

export interface VmaWish {
  readonly configs: readonly {readonly name: string; readonly text: string}[]
  readonly disks?: readonly {readonly name: string; readonly sizeBytes: number}[]
  /** Done to the bytes before they are signed. */
  readonly spoil?: (header: Buffer) => void
}

export function vmaHeader({configs, disks = [], spoil}: VmaWish): Buffer {
  const blobs: Buffer[] = [Buffer.alloc(1)]
  const put = (data: Buffer): number => {
    const offset = Buffer.concat(blobs).length
    const length = Buffer.alloc(2)
    length.writeUInt16LE(data.length)
    blobs.push(length, data)
    return offset
  }
  const fixed = Buffer.alloc(12_288)
  fixed.write('VMA\0', 0, 'latin1')
  fixed.writeUInt32BE(1, 4)
  fixed.fill(0xab, 8, 24)
  fixed.writeBigInt64BE(1_738_324_800n, 24)
  for (const [index, {name, text}] of configs.entries()) {
    fixed.writeUInt32BE(put(Buffer.from(`${name}\0`)), 2044 + 4 * index)
    fixed.writeUInt32BE(put(Buffer.from(text)), 3068 + 4 * index)
  }
  for (const [index, {name, sizeBytes}] of disks.entries()) {
    fixed.writeUInt32BE(put(Buffer.from(`${name}\0`)), 4096 + 32 * (index + 1))
    fixed.writeBigUInt64BE(BigInt(sizeBytes), 4096 + 32 * (index + 1) + 8)
  }
  const blob = Buffer.concat(blobs)
  const header = Buffer.concat([fixed, blob, Buffer.alloc(511 - (fixed.length + blob.length + 511) % 512)])
  header.writeUInt32BE(fixed.length, 48)
  header.writeUInt32BE(blob.length, 52)
  header.writeUInt32BE(header.length, 56)
  spoil?.(header)
  createHash('md5').update(header).digest().copy(header, 32)
  return header
}

export interface TestDisk { readonly name: string; readonly data: Buffer }

export interface ArchiveWish {
  readonly configs: VmaWish['configs']
  readonly disks: readonly TestDisk[]
  /** The order of clusters, as [index of the disk, number of the cluster]; one disk after the other when absent. */
  readonly order?: readonly (readonly [number, number])[]
  /** Done to the header of each extent before it is signed. */
  readonly spoil?: (extentHeader: Buffer) => void
}

const [clusterBytes, blockBytes, clustersPerExtent] = [65_536, 4096, 59]

export function vmaArchive({configs, disks, order, spoil}: ArchiveWish): Buffer {
  const header = vmaHeader({configs, disks: disks.map(({name, data}) => ({name, sizeBytes: data.length}))})
  const clusters = order ?? disks.flatMap(({data}, disk) => Array.from({length: Math.ceil(data.length / clusterBytes)}, (_, number) => [disk, number] as const))
  const extents: Buffer[] = []
  for (let start = 0; start < clusters.length; start += clustersPerExtent) extents.push(extent(clusters.slice(start, start + clustersPerExtent), disks, spoil))
  return Buffer.concat([header, ...extents])
}

function extent(clusters: readonly (readonly [number, number])[], disks: readonly TestDisk[], spoil: ArchiveWish['spoil']): Buffer {
  const header = Buffer.alloc(512)
  header.write('VMAE', 0, 'latin1')
  header.fill(0xab, 8, 24)
  const stored: Buffer[] = []
  for (const [index, [disk, number]] of clusters.entries()) {
    const cluster = Buffer.alloc(clusterBytes)
    disks[disk]?.data.subarray(number * clusterBytes, (number + 1) * clusterBytes).copy(cluster)
    const blocks = Array.from({length: 16}, (_, block) => cluster.subarray(block * blockBytes, (block + 1) * blockBytes))
    const hasData = blocks.map((block) => block.some((byte) => byte !== 0))
    header.writeUInt16BE(hasData.reduce((mask, has, block) => (has ? mask | 1 << block : mask), 0), 40 + 8 * index)
    header.writeUInt8(disk + 1, 40 + 8 * index + 3)
    header.writeUInt32BE(number, 40 + 8 * index + 4)
    stored.push(...blocks.filter((_, block) => hasData[block]))
  }
  header.writeUInt16BE(stored.length, 6)
  spoil?.(header)
  createHash('md5').update(header).digest().copy(header, 24)
  return Buffer.concat([header, ...stored])
}
