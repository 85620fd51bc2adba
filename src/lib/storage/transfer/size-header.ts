// The eight bytes with which `raw+size` and its like begin: the size of the disk, the lowest byte first. The form is Proxmox VE's (pvesm(1),
// export). Pure.
import {InvalidInputError} from '../../base/index.ts'

export const sizeHeaderBytes = 8

export function sizeHeader(sizeBytes: number): Buffer {
  const header = Buffer.alloc(sizeHeaderBytes)
  header.writeBigUInt64LE(BigInt(sizeBytes))
  return header
}

/** @throws InvalidInputError for fewer bytes, or a size that no disk can have */
export function parseSizeHeader(header: Buffer): number {
  if (header.length < sizeHeaderBytes) throw new InvalidInputError('the stream ends before the size with which it should begin')
  const size = header.readBigUInt64LE(0)
  if (size < 1n || size > BigInt(Number.MAX_SAFE_INTEGER)) throw new InvalidInputError(`the stream begins with ${size}, which is no size of a disk; is it of another format?`)
  return Number(size)
}
