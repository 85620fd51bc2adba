// A partition table in the first sector of a disk, with four entries, and the chain of sectors that an extended partition holds, each with one more. Both places in an entry count sectors of 512
// bytes: of a logical partition from its own sector, of the next link from the beginning of the extended partition.
import type {DiskBytes} from './disk-bytes.ts'
import {bytesAt} from './disk-bytes.ts'
import type {Partition, PartitionTable} from './partition-table.ts'

const sectorBytes = 512
const at = {table: 446, entryBytes: 16, type: 4, first: 8, count: 12, mark: 510} as const
const extendedTypes: ReadonlySet<number> = new Set([0x05, 0x0f, 0x85])
/** Of a table that only says that there is a GPT. */
const protectiveType = 0xee
/** sfdisk makes no more. */
const maxLogical = 128
const firstLogical = 5

interface Entry { readonly type: number; readonly first: number; readonly count: number }

/** @returns undefined when there is none, or one that only stands before a GPT */
export async function readMbr(disk: DiskBytes): Promise<PartitionTable | undefined> {
  const entries = entriesOf(await bytesAt(disk, 0, sectorBytes))
  if (entries === undefined || entries.some(({type}) => type === protectiveType)) return undefined
  const partitions: Partition[] = []
  const faults: string[] = []
  for (const [index, one] of entries.entries()) {
    if (one.type === 0 || one.count === 0) continue
    if (!lies(one, disk)) faults.push(`partition ${index + 1} does not lie on the disk and is left out`)
    else if (!extendedTypes.has(one.type)) partitions.push(partitionOf(index + 1, one))
    else if (partitions.some(({number}) => number >= firstLogical)) faults.push(`partition ${index + 1} is a second extended one and is left out`)
    else partitions.push(...await logicalIn(one, disk, faults))
  }
  return partitions.length === 0 && faults.length === 0 ? undefined : {kind: 'mbr', partitions: partitions.sort((a, b) => a.number - b.number), faults}
}

async function logicalIn(extended: Entry, disk: DiskBytes, faults: string[]): Promise<Partition[]> {
  const found: Partition[] = []
  const seen = new Set<number>()
  for (let place = extended.first; ;) {
    if (seen.has(place) || seen.size >= maxLogical) { faults.push('the chain of logical partitions has no end; the rest of it is left out'); return found }
    seen.add(place)
    const [own, next] = entriesOf(await bytesAt(disk, place * sectorBytes, sectorBytes)) ?? []
    if (own === undefined || next === undefined) { if (seen.size > 1) faults.push('the chain of logical partitions breaks off'); return found }
    const number = firstLogical + seen.size - 1
    const one = {...own, first: place + own.first}
    if (own.type !== 0 && own.count !== 0) {
      if (own.first === 0 || extendedTypes.has(own.type) || !lies(one, disk) || one.first + one.count > extended.first + extended.count) faults.push(`partition ${number} does not lie within the extended one and is left out`)
      else found.push(partitionOf(number, one))
    }
    if (!extendedTypes.has(next.type) || next.count === 0) return found
    place = extended.first + next.first
    if (next.first >= extended.count) { faults.push('the chain of logical partitions leads out of the extended one; the rest of it is left out'); return found }
  }
}

function entriesOf(sector: Buffer): Entry[] | undefined {
  if (sector.readUInt16LE(at.mark) !== 0xaa55) return undefined
  const entries = [0, 1, 2, 3].map((index) => {
    const place = at.table + index * at.entryBytes
    return {status: sector.readUInt8(place), type: sector.readUInt8(place + at.type), first: sector.readUInt32LE(place + at.first), count: sector.readUInt32LE(place + at.count)}
  })
  // The boot sector of a file system has the same mark and program text where the table would be.
  return entries.every(({status}) => (status & 0x7f) === 0) ? entries : undefined
}

function lies({first, count}: Entry, {sizeBytes}: DiskBytes): boolean {
  return first > 0 && (first + count) * sectorBytes <= sizeBytes
}

function partitionOf(number: number, {first, count}: Entry): Partition {
  return {number, offset: first * sectorBytes, sizeBytes: count * sectorBytes}
}
