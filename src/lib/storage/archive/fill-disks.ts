// The disks of a VMA archive into volumes, in one pass over the archive. Every volume is open meanwhile, by a qemu-nbd of its own, because the disks'
// pieces are mixed.
import type {Readable} from 'node:stream'
import {AppError, ConflictError} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'
import type {ArchiveCompression} from '../archive-name.ts'
import {openVolume} from '../open-storage.ts'
import {withDiskBytes} from '../transfer/disk-bytes.ts'
import type {NbdDisk} from '../transfer/nbd-client.ts'
import {maxRequestBytes} from '../transfer/nbd-client.ts'
import {SpeedLimit} from '../transfer/speed-limit.ts'
import {standardInput, withPlainInput} from './input-archive.ts'
import {withStreamingHeap} from '../transfer/streaming-heap.ts'
import {withPlainArchive} from './plain-archive.ts'
import type {VmaPiece} from './vma-data.ts'
import {readVmaHeader, vmaPieces} from './vma-data.ts'

export interface DiskToFill {
  /** In the archive. */
  readonly number: number
  readonly sizeBytes: number
  /** An empty one, as large or larger. */
  readonly volume: string
}

export interface ArchiveFill {
  /** Of a file, or - for standard input. */
  readonly path: string
  readonly compression: ArchiveCompression | undefined
  readonly disks: readonly DiskToFill[]
  /** In KiB a second. */
  readonly bandwidthKib: number | undefined
  /** Told after every piece: how much of all disks has come. */
  readonly onProgress: (doneBytes: number) => void
}

interface OpenDisk extends DiskToFill { readonly bytes: NbdDisk; readonly readsZeros: boolean }

/** @throws InvalidInputError when the archive is damaged; ConflictError when it is another one than planned; UnavailableError when a volume is full */
export async function fillFromArchive({path, compression, disks, bandwidthKib, onProgress}: ArchiveFill, context: Pick<Context, 'host' | 'store' | 'places' | 'node' | 'clock' | 'signal' | 'terminal'>): Promise<void> {
  const {clock, signal} = context
  const withPlain = (work: (from: Readable) => Promise<void>) => path === standardInput ? withPlainInput(context, work) : withPlainArchive(path, compression, context, work)
  await withStreamingHeap(() => withPlain(async (from) => {
    const waits = {clock, signal}
    const header = await readVmaHeader(from, waits)
    for (const {number, sizeBytes} of disks) {
      if (header.disks.find((disk) => disk.number === number)?.sizeBytes !== sizeBytes) throw new ConflictError(`${path} has been changed meanwhile`, {nextSteps: ['Begin again.']})
    }
    await withOpenDisks(disks, [], context, async (open) => {
      const byNumber = new Map(open.map((disk) => [disk.number, disk]))
      const limit = new SpeedLimit(bandwidthKib, context)
      let doneBytes = 0
      // While a piece is written the next one is read and looked at.
      let writing: Promise<void> = Promise.resolve()
      for await (const piece of joined(vmaPieces(from, header, waits))) {
        const disk = byNumber.get(piece.disk)
        if (disk === undefined) continue
        await writing
        if (piece.data !== undefined) writing = disk.bytes.write(piece.offset, piece.data)
        else if (!disk.readsZeros) writing = disk.bytes.writeZeros(piece.offset, piece.lengthBytes)
        writing.catch(() => undefined)
        doneBytes += piece.lengthBytes
        onProgress(doneBytes)
        if (piece.data !== undefined) await limit.after(piece.lengthBytes)
      }
      await writing
      for (const {bytes, sizeBytes, readsZeros} of open) {
        // A volume can be larger than asked for; what lay there before is not for the guest.
        for (let offset = sizeBytes; !readsZeros && offset < bytes.sizeBytes; offset += maxRequestBytes) await bytes.writeZeros(offset, Math.min(maxRequestBytes, bytes.sizeBytes - offset))
        await bytes.flush()
      }
    })
  }))
}

/** Opens one after the other and closes them in the reverse order, whatever happens. */
async function withOpenDisks(rest: readonly DiskToFill[], open: readonly OpenDisk[], context: Pick<Context, 'host' | 'store' | 'places' | 'node' | 'clock' | 'signal'>, work: (open: readonly OpenDisk[]) => Promise<void>): Promise<void> {
  const [disk, ...others] = rest
  if (disk === undefined) return work(open)
  const {storage, id} = await openVolume(disk.volume, context)
  await storage.attach(id)
  try {
    await withDiskBytes(context, {image: storage.imageName(id), isReadOnly: false}, async (bytes) => {
      if (bytes.sizeBytes < disk.sizeBytes) throw new AppError('internal', `${disk.volume} has ${bytes.sizeBytes} bytes and should have ${disk.sizeBytes}`)
      await withOpenDisks(others, [...open, {...disk, bytes, readsZeros: storage.traits.readsZerosWhenNew}], context, work)
    })
  } finally {
    await storage.detach(id)
  }
}

/** Neighbours become one request. */
async function* joined(pieces: AsyncIterable<VmaPiece>): AsyncGenerator<VmaPiece> {
  let last: VmaPiece | undefined
  for await (const piece of pieces) {
    const both = last === undefined ? undefined : together(last, piece)
    if (both === undefined && last !== undefined) yield last
    last = both ?? piece
  }
  if (last !== undefined) yield last
}

function together(a: VmaPiece, b: VmaPiece): VmaPiece | undefined {
  const lengthBytes = a.lengthBytes + b.lengthBytes
  if (a.disk !== b.disk || a.offset + a.lengthBytes !== b.offset || lengthBytes > maxRequestBytes) return undefined
  if (a.data === undefined || b.data === undefined) return a.data === b.data ? {...a, lengthBytes} : undefined
  // Stored next to each other, so that nothing has to be copied.
  if (a.data.buffer !== b.data.buffer || a.data.byteOffset + a.data.length !== b.data.byteOffset) return undefined
  return {...a, lengthBytes, data: Buffer.from(a.data.buffer, a.data.byteOffset, lengthBytes)}
}
