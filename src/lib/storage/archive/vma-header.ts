// The header of a VMA archive, in which vzdump keeps virtual machines: which configuration files and which disks it holds. What follows it, the
// disks' data, is not this module's. Pure; numbers have their highest byte first where nothing else is said. The layout is that of the format's
// description (vma_spec.txt of pve-qemu).
import {createHash} from 'node:crypto'
import {InvalidInputError} from '../../base/index.ts'

/** The part whose size does not vary: 256 entries each for configuration files and for disks. */
export const vmaFixedBytes = 12_288
/** Names and configuration files lie behind it; each has at most 64 KiB. */
const maxBlobBytes = 16 * 1024 * 1024
const entries = 256
const at = {version: 4, uuid: 8, ctime: 24, digest: 32, blobOffset: 48, blobSize: 52, headerSize: 56, configNames: 2044, configData: 3068, devices: 4096} as const
const deviceBytes = 32

export interface VmaHeader {
  readonly uuid: string
  readonly createdAtMs: number
  readonly configs: readonly {readonly name: string; readonly data: Buffer}[]
  /** Disks by their numbers in the archive, from 1. */
  readonly disks: readonly {readonly number: number; readonly name: string; readonly sizeBytes: number}[]
}

/**
 * How long the whole header is, by its first `vmaFixedBytes`.
 * @throws InvalidInputError when it is no VMA archive, or one whose sizes contradict each other
 */
export function vmaHeaderBytes(start: Buffer): number {
  if (start.length < vmaFixedBytes || start.toString('latin1', 0, 4) !== 'VMA\0') throw new InvalidInputError('this is no VMA archive')
  const version = start.readUInt32BE(at.version)
  if (version !== 1) throw new InvalidInputError(`this is a VMA archive of version ${version}; only version 1 is known`)
  const [offset, size, whole] = [start.readUInt32BE(at.blobOffset), start.readUInt32BE(at.blobSize), start.readUInt32BE(at.headerSize)]
  if (size > maxBlobBytes || offset < vmaFixedBytes || offset + size > whole || whole > vmaFixedBytes + maxBlobBytes + 4096) {
    throw new InvalidInputError('the header of the VMA archive has sizes that cannot be')
  }
  return whole
}

/**
 * @param header all of it, `vmaHeaderBytes` long
 * @throws InvalidInputError when it is damaged or names the same thing twice
 */
export function parseVmaHeader(header: Buffer): VmaHeader {
  if (header.length !== vmaHeaderBytes(header)) throw new InvalidInputError('the header of the VMA archive is cut off')
  const unsigned = Buffer.from(header)
  unsigned.fill(0, at.digest, at.digest + 16)
  if (!createHash('md5').update(unsigned).digest().equals(header.subarray(at.digest, at.digest + 16))) throw new InvalidInputError('the header of the VMA archive is damaged: its checksum is wrong')
  const offset = header.readUInt32BE(at.blobOffset)
  const blobs = header.subarray(offset, offset + header.readUInt32BE(at.blobSize))
  const numbers = Array.from({length: entries}, (_, index) => index)
  const configs = numbers.flatMap((index) => {
    const [name, data] = [header.readUInt32BE(at.configNames + 4 * index), header.readUInt32BE(at.configData + 4 * index)]
    return name === 0 || data === 0 ? [] : [{name: nameAt(blobs, name), data: blobAt(blobs, data)}]
  })
  const disks = numbers.flatMap((number) => {
    const place = at.devices + deviceBytes * number
    const [name, size] = [header.readUInt32BE(place), header.readBigUInt64BE(place + 8)]
    if (name === 0 || number === 0) return []
    if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw new InvalidInputError('the VMA archive holds a disk of a size that cannot be')
    return [{number, name: nameAt(blobs, name), sizeBytes: Number(size)}]
  })
  for (const names of [configs, disks].map((list) => list.map(({name}) => name))) {
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined) throw new InvalidInputError(`the VMA archive holds '${twice}' twice`)
  }
  const seconds = header.readBigInt64BE(at.ctime)
  const createdAtMs = seconds > 0n && seconds < 1n << 40n ? Number(seconds) * 1000 : 0
  return {uuid: header.toString('hex', at.uuid, at.uuid + 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'), createdAtMs, configs, disks}
}

/** Two bytes of length, the lower one first, and as many bytes. */
function blobAt(blobs: Buffer, offset: number): Buffer {
  if (offset + 2 > blobs.length) throw new InvalidInputError('the header of the VMA archive points outside itself')
  const end = offset + 2 + blobs.readUInt16LE(offset)
  if (end > blobs.length) throw new InvalidInputError('the header of the VMA archive points outside itself')
  return blobs.subarray(offset + 2, end)
}

/** A text that ends in a zero byte. */
function nameAt(blobs: Buffer, offset: number): string {
  const name = blobAt(blobs, offset).toString('latin1').replace(/\0$/, '')
  if (!/^[\w.-]{1,128}$/.test(name)) throw new InvalidInputError('the VMA archive holds something whose name cannot be')
  return name
}
