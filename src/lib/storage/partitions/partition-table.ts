// The partitions of a disk that a guest has written, read by us and never by the kernel: with bounds on all that is read, and each partition within the disk. What is wrong with the table is
// told and left out; partitions that lie over each other are told, and are as good as any, since nothing is written to them.
import type {DiskBytes} from './disk-bytes.ts'
import {fileSystemOn} from './file-system.ts'
import {readGpt} from './gpt.ts'
import {readMbr} from './mbr.ts'

export interface Partition {
  /** As the guest's kernel counts them: `1` is sda1. */
  readonly number: number
  readonly offset: number
  readonly sizeBytes: number
  /** The name in a GPT; any text. */
  readonly label?: string
}

export interface PartitionTable {
  readonly kind: 'gpt' | 'mbr'
  /** In the order of their numbers. */
  readonly partitions: readonly Partition[]
  /** What is wrong, for people. */
  readonly faults: readonly string[]
}

/** @returns undefined when the disk has none: it holds a file system by itself, or nothing that is known */
export async function readPartitions(disk: DiskBytes): Promise<PartitionTable | undefined> {
  const gpt = await readGpt(disk)
  const table = gpt ?? (await fileSystemOn(disk) === undefined ? await readMbr(disk) : undefined)
  return table === undefined ? undefined : {...table, faults: [...table.faults, ...overlaps(table.partitions)]}
}

/** The piece of the disk, as if it were one. */
export function partitionBytes(disk: DiskBytes, {offset, sizeBytes}: Pick<Partition, 'offset' | 'sizeBytes'>): DiskBytes {
  return {sizeBytes, read: (at, lengthBytes) => disk.read(offset + at, lengthBytes)}
}

function overlaps(partitions: readonly Partition[]): string[] {
  const byPlace = [...partitions].sort((a, b) => a.offset - b.offset)
  const faults: string[] = []
  let furthest: Partition | undefined
  for (const one of byPlace) {
    if (furthest !== undefined && one.offset < furthest.offset + furthest.sizeBytes) faults.push(`partitions ${furthest.number} and ${one.number} lie over each other`)
    if (furthest === undefined || one.offset + one.sizeBytes > furthest.offset + furthest.sizeBytes) furthest = one
  }
  return faults
}
