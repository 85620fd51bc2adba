// Headers of VMA archives, as vzdump writes them.
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
