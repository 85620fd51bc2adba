// `qcow2+size` and `vmdk+size`: the image file itself with all that is in it, its snapshots too, behind the size of the disk. What is taken in comes
// from elsewhere, so its header is read by us before any program opens it, and it may name no other file.
import type {Readable} from 'node:stream'
import {ConflictError, InvalidInputError, NotFoundError, ToolError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {headerBytes, parseImageHeader} from '../dir/image-header.ts'
import {readImageFile} from '../image-file-source.ts'
import type {Storage, VolumeId} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {parseSizeHeader, sizeHeader, sizeHeaderBytes} from './size-header.ts'
import type {StreamWaits} from './stream-bytes.ts'
import {readBytes, writeBytes} from './stream-bytes.ts'
import {createFor} from './raw-stream.ts'
import type {StreamKind} from './stream-kind.ts'

const pieceBytes = 1024 ** 2
const checkLimitMs = 3600_000

type FileStorage = Pick<Storage, 'traits' | 'parseName' | 'create' | 'attach' | 'path'>

export function fileStreams(storage: FileStorage, host: Host): StreamKind[] {
  // A file of a chain holds but a part of the disk, and one with snapshots in it has no place there.
  if (storage.traits.keepsChains === true) return []
  return (['qcow2', 'vmdk'] as const).map((format) => ({
    format: `${format}+size`,
    canExport: (name, {snapshot, base, withSnapshots}) => name.content === 'images' && name.format === format && withSnapshots === true && snapshot === undefined && base === undefined,
    canImport: (name, {base, withSnapshots}) => name.content === 'images' && name.format === format && withSnapshots === true && base === undefined,
    export: async (id, _request, to, waits) => {
      const path = await storage.attach(id)
      const stat = await host.files.stat(path)
      if (stat === undefined) throw new NotFoundError(`there is no volume ${formatVolumeId(id)}`)
      const header = parseImageHeader(format, await host.files.readAt(path, 0, headerBytes))
      if (header.backing !== undefined) {
        throw new ConflictError(`${formatVolumeId(id)} stands on another image, which such a stream does not hold`, {nextSteps: ['Export what the guest sees, without its snapshots: raw+size.']})
      }
      await writeBytes(to, sizeHeader(header.virtualSizeBytes), waits)
      for (let offset = 0; offset < stat.sizeBytes; offset += pieceBytes) {
        const wanted = Math.min(pieceBytes, stat.sizeBytes - offset)
        const bytes = await host.files.readAt(path, offset, wanted)
        if (bytes.length < wanted) throw new ConflictError(`${formatVolumeId(id)} became smaller while it was read`)
        await writeBytes(to, bytes, waits)
      }
    },
    import: async (id, _request, from, waits, owned) => {
      const sizeBytes = parseSizeHeader(await readBytes(from, sizeHeaderBytes, waits))
      // The new disk takes the name; its file is then written over from the beginning.
      await createFor(storage, id, sizeBytes)
      owned()
      const path = storage.path(id)
      await writeFile(host, path, from, waits)
      await checkImage(host, id, path, format, sizeBytes)
    },
  }))
}

async function writeFile(host: Host, path: string, from: Readable, waits: StreamWaits): Promise<void> {
  await host.run(['truncate', '--size=0', '--', path])
  for (;;) {
    const bytes = await readBytes(from, pieceBytes, waits)
    if (bytes.length > 0) await host.files.append(path, bytes)
    if (bytes.length < pieceBytes) break
  }
  await host.run(['sync', '--', path], {timeoutMs: checkLimitMs, signal: waits.signal})
}

/** @throws InvalidInputError for an image that is not whole, ForbiddenError for one that names other files */
async function checkImage(host: Host, id: VolumeId, path: string, format: 'qcow2' | 'vmdk', sizeBytes: number): Promise<void> {
  const image = await readImageFile(path, host, format)
  if (image.sizeBytes !== sizeBytes) throw new InvalidInputError(`the stream says that the disk has ${sizeBytes} bytes, and its image says ${image.sizeBytes}`)
  try {
    await host.run(['qemu-img', 'check', '-q', '-f', format, '--', path], {timeoutMs: checkLimitMs, okExitCodes: format === 'qcow2' ? [0, 3] : [0, 63]})
  } catch (error) {
    if (error instanceof ToolError) throw new InvalidInputError(`the image that came for ${formatVolumeId(id)} is damaged or cut off`, {}, {cause: error})
    throw error
  }
}
