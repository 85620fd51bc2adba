// A GUID partition table (UEFI specification, chapter 5), with the one at the end of the disk where the first is damaged. Believed is what its checksums cover, and no more of it than is bounded here.
import type {DiskBytes} from './disk-bytes.ts'
import {bytesAt} from './disk-bytes.ts'
import type {Partition, PartitionTable} from './partition-table.ts'

const headerBytes = 92
const at = {headerSize: 12, headerSum: 16, entriesAt: 72, count: 80, entryBytes: 84, entriesSum: 88} as const
const entry = {first: 32, last: 40, name: 56, nameEnd: 128} as const
/** The specification has 128; as many as any tool makes. */
const maxEntries = 1024
const maxTableBytes = 1024 * 1024
/** Disks of both kinds are about, and the table does not say which it is for. */
const sectorSizes = [512, 4096] as const

/** @returns undefined when there is none */
export async function readGpt(disk: DiskBytes): Promise<PartitionTable | undefined> {
  for (const sectorBytes of sectorSizes) {
    const lastSector = Math.floor(disk.sizeBytes / sectorBytes) - 1
    if (lastSector < 2) continue
    const first = await tableAt(disk, sectorBytes, sectorBytes)
    const table = first ?? await tableAt(disk, lastSector * sectorBytes, sectorBytes)
    if (table === undefined) continue
    return first === undefined ? {...table, faults: ['the first partition table is damaged; the one at the end of the disk is read', ...table.faults]} : table
  }
  return undefined
}

async function tableAt(disk: DiskBytes, offset: number, sectorBytes: number): Promise<PartitionTable | undefined> {
  const header = await bytesAt(disk, offset, sectorBytes)
  if (header.toString('latin1', 0, 8) !== 'EFI PART') return undefined
  const sizeBytes = header.readUInt32LE(at.headerSize)
  if (sizeBytes < headerBytes || sizeBytes > sectorBytes) return undefined
  const unsigned = Buffer.from(header.subarray(0, sizeBytes))
  unsigned.fill(0, at.headerSum, at.headerSum + 4)
  if (crc32(unsigned) !== header.readUInt32LE(at.headerSum)) return undefined
  const [count, entryBytes, entriesAt] = [header.readUInt32LE(at.count), header.readUInt32LE(at.entryBytes), header.readBigUInt64LE(at.entriesAt) * BigInt(sectorBytes)]
  if (count > maxEntries || entryBytes < entry.nameEnd || entryBytes % 8 !== 0 || count * entryBytes > maxTableBytes || entriesAt > BigInt(disk.sizeBytes)) return undefined
  const entries = await bytesAt(disk, Number(entriesAt), count * entryBytes)
  if (crc32(entries) !== header.readUInt32LE(at.entriesSum)) return undefined
  return partitionsOf(entries, {count, entryBytes, sectorBytes, diskBytes: disk.sizeBytes})
}

function partitionsOf(entries: Buffer, {count, entryBytes, sectorBytes, diskBytes}: {count: number; entryBytes: number; sectorBytes: number; diskBytes: number}): PartitionTable {
  const partitions: Partition[] = []
  const faults: string[] = []
  for (let index = 0; index < count; index++) {
    const one = entries.subarray(index * entryBytes, (index + 1) * entryBytes)
    if (one.subarray(0, 16).every((byte) => byte === 0)) continue
    const [first, last] = [one.readBigUInt64LE(entry.first), one.readBigUInt64LE(entry.last)]
    const number = index + 1
    if (first === 0n || last < first || (last + 1n) * BigInt(sectorBytes) > BigInt(diskBytes)) {
      faults.push(`partition ${number} does not lie on the disk and is left out`)
      continue
    }
    const label = one.toString('utf16le', entry.name, entry.nameEnd).replace(/\0.*$/s, '')
    partitions.push({number, offset: Number(first) * sectorBytes, sizeBytes: Number(last - first + 1n) * sectorBytes, ...(label === '' ? {} : {label})})
  }
  return {kind: 'gpt', partitions, faults}
}

const sums = Uint32Array.from({length: 256}, (_, byte) => {
  let sum = byte
  for (let bit = 0; bit < 8; bit++) sum = (sum & 1) === 1 ? sum >>> 1 ^ 0xedb88320 : sum >>> 1
  return sum
})

/** Pure: the checksum of the specification, CRC-32 of ISO 3309. */
export function crc32(data: Buffer): number {
  let sum = 0xffffffff
  for (const byte of data) sum = (sums[(sum ^ byte) & 0xff] ?? 0) ^ sum >>> 8
  return (sum ^ 0xffffffff) >>> 0
}
