// `raw+size`: the bytes of a disk as its guest sees them. Every type that QEMU can open has it, for disks of every format and for their snapshots.
import type {Readable} from 'node:stream'
import {InvalidInputError, UnavailableError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import type {Format, Storage, VolumeId, VolumeName} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {withDiskBytes} from './disk-bytes.ts'
import type {NbdDisk} from './nbd-client.ts'
import {maxRequestBytes} from './nbd-client.ts'
import {parseSizeHeader, sizeHeader, sizeHeaderBytes} from './size-header.ts'
import type {StreamWaits} from './stream-bytes.ts'
import {readBytes, writeBytes} from './stream-bytes.ts'
import type {StreamKind} from './stream-kind.ts'

/** Runs of zeros as short as this are left out, or written without bytes. */
const zeroStepBytes = 64 * 1024
const zeros = Buffer.alloc(zeroStepBytes)

type DiskStorage = Pick<Storage, 'traits' | 'parseName' | 'create' | 'attach' | 'detach' | 'imageName' | 'volume'>

export function rawStream(storage: DiskStorage, host: Host): StreamKind {
  return {
    format: 'raw+size',
    canExport: (name, {base, withSnapshots, snapshot}) => isImage(name) && base === undefined && withSnapshots !== true && (snapshot === undefined || storage.traits.snapshotFormats.includes(name.format as Format)),
    canImport: (name, {base, withSnapshots}) => isImage(name) && base === undefined && withSnapshots !== true,
    export: async (id, {snapshot}, to, waits) => {
      await storage.volume(id)
      await attached(storage, id, snapshot, () => withDiskBytes({host, ...waits}, {image: storage.imageName(id, snapshot), isReadOnly: true}, async (disk) => {
        await writeBytes(to, sizeHeader(disk.sizeBytes), waits)
        for (let offset = 0; offset < disk.sizeBytes; offset += maxRequestBytes) {
          await writeBytes(to, await disk.read(offset, Math.min(maxRequestBytes, disk.sizeBytes - offset)), waits)
        }
      }))
    },
    import: async (id, _request, from, waits, owned) => {
      const sizeBytes = parseSizeHeader(await readBytes(from, sizeHeaderBytes, waits))
      await createFor(storage, id, sizeBytes)
      owned()
      await attached(storage, id, undefined, () => withDiskBytes({host, ...waits}, {image: storage.imageName(id), isReadOnly: false}, (disk) => fill(disk, sizeBytes, storage.traits.readsZerosWhenNew, from, waits)))
    },
  }
}

/** Pure. */
export function isImage({content, format}: VolumeName): boolean {
  return content === 'images' && (format === 'raw' || format === 'qcow2' || format === 'vmdk')
}

/** A new volume by that very name, for what a stream brings. @throws as Storage.create */
export async function createFor(storage: Pick<Storage, 'create' | 'parseName'>, id: VolumeId, sizeBytes: number): Promise<void> {
  const name = storage.parseName(id.name)
  if (name.vmid === undefined || name.parent !== undefined) throw new InvalidInputError(`a stream makes a disk of its own, which ${formatVolumeId(id)} is not`)
  await storage.create({vmid: name.vmid, format: name.format as Format, sizeBytes, base: name.base})
}

async function attached<R>(storage: DiskStorage, id: VolumeId, snapshot: string | undefined, work: () => Promise<R>): Promise<R> {
  await storage.attach(id, snapshot)
  try {
    return await work()
  } finally {
    await storage.detach(id, snapshot)
  }
}

/** @throws InvalidInputError when the stream has fewer or more bytes than it said */
async function fill(disk: NbdDisk, sizeBytes: number, readsZeros: boolean, from: Readable, waits: StreamWaits): Promise<void> {
  if (disk.sizeBytes < sizeBytes) throw new UnavailableError(`the new disk has ${disk.sizeBytes} bytes and should have ${sizeBytes}`)
  for (let offset = 0; offset < sizeBytes; offset += maxRequestBytes) {
    const wanted = Math.min(maxRequestBytes, sizeBytes - offset)
    const bytes = await readBytes(from, wanted, waits)
    if (bytes.length < wanted) throw new InvalidInputError(`the stream ends after ${offset + bytes.length} bytes of the disk, which should have ${sizeBytes}`)
    await writeSparse(disk, offset, bytes, readsZeros)
  }
  await expectEnd(from, waits)
  // A disk can be larger than asked for. What is behind belongs to nobody and must not be what lay there before.
  for (let offset = sizeBytes; !readsZeros && offset < disk.sizeBytes; offset += maxRequestBytes) await disk.writeZeros(offset, Math.min(maxRequestBytes, disk.sizeBytes - offset))
  await disk.flush()
}

/** @throws InvalidInputError when there is more */
export async function expectEnd(from: Readable, waits: StreamWaits): Promise<void> {
  if ((await readBytes(from, 1, waits)).length > 0) throw new InvalidInputError('the stream goes on after the end of the disk')
}

/** Pure but for the calls: pieces with data and pieces without, each in one request. */
async function writeSparse(disk: NbdDisk, start: number, bytes: Buffer, readsZeros: boolean): Promise<void> {
  for (let from = 0; from < bytes.length;) {
    const isZero = isZeroAt(bytes, from)
    let end = from
    while (end < bytes.length && isZeroAt(bytes, end) === isZero) end = Math.min(end + zeroStepBytes, bytes.length)
    if (!isZero) await disk.write(start + from, bytes.subarray(from, end))
    else if (!readsZeros) await disk.writeZeros(start + from, end - from)
    from = end
  }
}

function isZeroAt(bytes: Buffer, start: number): boolean {
  const piece = bytes.subarray(start, start + zeroStepBytes)
  return piece.equals(zeros.subarray(0, piece.length))
}
