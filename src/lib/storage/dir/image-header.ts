// What the header of a qcow2 or VMDK image says, read from its first bytes. `qemu-img info` would open what the header names (an external
// data file can be any file or network address), and it costs a process for each volume of a listing. Formats: QEMU's
// docs/interop/qcow2.txt and VMware's "Virtual Disk Format 5.0". Pure; every field is bounded before it is used.
import {InvalidInputError} from '../../base/index.ts'

/** Enough for the header, its extensions and the backing file name (at most 1023 bytes), and for a VMDK's own description. */
export const headerBytes = 64 * 1024

export interface ImageHeader {
  readonly virtualSizeBytes: number
  /** The backing file as it is written in the image. */
  readonly backing?: string
  readonly backingFormat?: string
  /** The guest's data lies in another file that the header names. */
  readonly hasExternalData: boolean
}

/** @throws InvalidInputError when the bytes are no such image, or one that is split over several files */
export function parseImageHeader(format: 'qcow2' | 'vmdk', head: Buffer): ImageHeader {
  return format === 'qcow2' ? parseQcow2(head) : parseVmdk(head)
}

const qcow2Magic = 0x51_46_49_FB
const backingFormatExtension = 0xE2_79_2A_CA
const externalDataFeature = 4n
const maxBackingNameBytes = 1023
const maxExtensions = 64

function parseQcow2(head: Buffer): ImageHeader {
  if (head.length < 72 || head.readUInt32BE(0) !== qcow2Magic) throw new InvalidInputError('the file is no qcow2 image')
  const version = head.readUInt32BE(4)
  if (version !== 2 && version !== 3) throw new InvalidInputError(`qcow2 version ${version} is not known`)
  if (version === 3 && head.length < 104) throw new InvalidInputError('the header of the qcow2 image is cut off')
  const backing = qcow2Backing(head)
  const backingFormat = qcow2BackingFormat(head, version === 3 ? head.readUInt32BE(100) : 72)
  return {
    virtualSizeBytes: safeSize(head.readBigUInt64BE(24)),
    ...(backing === undefined ? {} : {backing}), ...(backingFormat === undefined ? {} : {backingFormat}),
    hasExternalData: version === 3 && (head.readBigUInt64BE(72) & externalDataFeature) !== 0n,
  }
}

function qcow2Backing(head: Buffer): string | undefined {
  const offset = head.readBigUInt64BE(8)
  const length = head.readUInt32BE(16)
  if (offset === 0n) return undefined
  if (length > maxBackingNameBytes || offset + BigInt(length) > BigInt(head.length)) throw new InvalidInputError('the backing file name of the qcow2 image is out of bounds')
  return head.toString('utf8', Number(offset), Number(offset) + length)
}

function qcow2BackingFormat(head: Buffer, headerLength: number): string | undefined {
  let position = headerLength
  for (let count = 0; count < maxExtensions && position + 8 <= head.length; count++) {
    const type = head.readUInt32BE(position)
    const length = head.readUInt32BE(position + 4)
    if (type === 0 || position + 8 + length > head.length) return undefined
    if (type === backingFormatExtension) return head.toString('latin1', position + 8, position + 8 + Math.min(length, 32))
    position += 8 + Math.ceil(length / 8) * 8
  }
  return undefined
}

const vmdkMagic = 'KDMV'
const sectorBytes = 512
const descriptionSectors = 20

// Only the form that QEMU itself writes by default (monolithicSparse: one file that describes itself). A text description names its
// extents, which may be any file.
function parseVmdk(head: Buffer): ImageHeader {
  if (head.length < 80 || head.toString('latin1', 0, 4) !== vmdkMagic) {
    throw new InvalidInputError('the file is no VMDK image in one piece (monolithicSparse or streamOptimized)')
  }
  const capacitySectors = head.readBigUInt64LE(12)
  if (capacitySectors === 0n) throw new InvalidInputError('the VMDK image leaves its size to a description elsewhere')
  const description = vmdkDescription(head)
  const parent = /parentFileNameHint[ \t]*=[ \t]*"([^"\n]{0,1024})/.exec(description)?.[1]
  return {
    virtualSizeBytes: safeSize(capacitySectors * BigInt(sectorBytes)),
    ...(parent === undefined ? {} : {backing: parent}), hasExternalData: false,
  }
}

/**
 * QEMU reads 20 sectors from the second one on, or from where the header says, and looks for its words anywhere in them. One elsewhere
 * would hide the parent that it names from us.
 */
function vmdkDescription(head: Buffer): string {
  const startSector = head.readBigUInt64LE(28)
  const start = Number(startSector) * sectorBytes
  if (startSector > BigInt(head.length) || start + descriptionSectors * sectorBytes > headerBytes) {
    throw new InvalidInputError('the description in the VMDK image is not at its beginning')
  }
  const starts = [...new Set([sectorBytes, ...(startSector === 0n ? [] : [start])])]
  return starts.map((at) => head.toString('latin1', at, Math.min(head.length, at + descriptionSectors * sectorBytes))).join('\n')
}

function safeSize(bytes: bigint): number {
  if (bytes > BigInt(Number.MAX_SAFE_INTEGER)) throw new InvalidInputError('the image claims a size that no file system can hold')
  return Number(bytes)
}
