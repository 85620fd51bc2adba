// The snapshots that a qcow2 image holds, read from its table (QEMU's docs/interop/qcow2.txt, "Snapshots"). As with the header, no tool is asked
// that would open what the image names. Every field is bounded before it is used.
import {InvalidInputError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import type {VolumeSnapshot} from '../storage.ts'

const maxSnapshots = 65_536
/** QEMU's own limit for the table is 64 MiB; names are short, so this is room for all of them. */
const maxTableBytes = 16 * 1024 * 1024
const entryHeadBytes = 40
const chunkBytes = 256 * 1024

/** @throws InvalidInputError when the file is no qcow2 image or its table is out of bounds */
export async function readQcow2Snapshots(host: Host, path: string): Promise<VolumeSnapshot[]> {
  const head = await host.files.readAt(path, 0, 72)
  if (head.length < 72 || head.readUInt32BE(0) !== 0x51_46_49_FB) throw new InvalidInputError(`${path} is no qcow2 image`)
  const count = head.readUInt32BE(60)
  if (count > maxSnapshots) throw new InvalidInputError(`${path} claims ${count} snapshots, more than an image can have`)
  const offset = head.readBigUInt64BE(64)
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) throw outOfBounds(path)
  return count === 0 ? [] : readTable(host, path, Number(offset), count)
}

async function readTable(host: Host, path: string, offset: number, count: number): Promise<VolumeSnapshot[]> {
  let table = Buffer.alloc(0)
  for (;;) {
    const found = parseTable(table, count)
    if (found !== undefined) return found
    if (table.length >= maxTableBytes) throw outOfBounds(path)
    const more = await host.files.readAt(path, offset + table.length, chunkBytes)
    if (more.length === 0) throw outOfBounds(path)
    table = Buffer.concat([table, more])
  }
}

/** Pure. @returns undefined when the bytes end before the table does */
export function parseTable(table: Buffer, count: number): VolumeSnapshot[] | undefined {
  const snapshots: VolumeSnapshot[] = []
  let at = 0
  for (let index = 0; index < count; index++) {
    if (at + entryHeadBytes > table.length) return undefined
    const idBytes = table.readUInt16BE(at + 12)
    const nameBytes = table.readUInt16BE(at + 14)
    const nameAt = at + entryHeadBytes + table.readUInt32BE(at + 36) + idBytes
    if (nameAt + nameBytes > table.length) return undefined
    snapshots.push({name: table.toString('utf8', nameAt, nameAt + nameBytes), createdAtMs: table.readUInt32BE(at + 16) * 1000 + Math.trunc(table.readUInt32BE(at + 20) / 1_000_000)})
    // Entries begin at multiples of eight bytes.
    at += Math.ceil((nameAt + nameBytes - at) / 8) * 8
  }
  return snapshots
}

function outOfBounds(path: string): InvalidInputError {
  return new InvalidInputError(`the table of snapshots in ${path} is out of bounds`)
}
