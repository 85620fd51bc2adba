// The disks in the backup of a virtual machine, and one of them to be read. A repository is read where something is asked for; of an archive, which has no order, the whole disk is unpacked first.
import {NotFoundError} from '../../../base/index.ts'
import {archivedMachine} from '../../../storage/archive/index.ts'
import type {NamedDiskSource} from '../../../storage/archive/index.ts'
import {withPlainArchive} from '../../../storage/archive/plain-archive.ts'
import {readVmaHeader, vmaPieces} from '../../../storage/archive/vma-data.ts'
import type {DiskBytes} from '../../../storage/partitions/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {diskKey} from './machine-path.ts'
import type {BackupWithFiles} from './open-files.ts'
import {ScratchWriter, withScratch} from './scratch-disk.ts'

/** What was written of a machine's memory is no disk. */
const memoryName = 'vmstate'
const pieceBytes = 4 * 1024 * 1024

export interface BackedUpDisk {
  /** `scsi0`. */
  readonly key: string
  readonly sizeBytes: number
}

export interface OpenDisk extends DiskBytes {
  /** Lends a file that holds this piece of the disk at the offset. It may be written to; the backup does not change. */
  withPiece<R>(offset: number, sizeBytes: number, work: (file: {readonly path: string; readonly offset: number}) => Promise<R>): Promise<R>
}

/** In the order of their names. @throws as archivedMachine */
export async function disksOf({volume, archive}: BackupWithFiles, context: Context): Promise<BackedUpDisk[]> {
  const disks = archive === null ? await keptDisks(volume, context) : (await archivedMachine(archive.path, context)).disks
  return disks.filter(({name}) => name !== memoryName).map(({name, sizeBytes}) => ({key: diskKey(name), sizeBytes})).sort((a, b) => a.key < b.key ? -1 : 1)
}

async function keptDisks(volume: string, context: Context): Promise<{name: string; sizeBytes: number}[]> {
  const {withKeptMachine} = await import('../../../storage/repository/index.ts')
  return withKeptMachine(volume, context, async ({disks}) => disks.map(({name, sizeBytes}) => ({name, sizeBytes})))
}

/**
 * Lends one disk.
 * @param folder for the temporary file
 * @throws NotFoundError when there is no such disk; InvalidInputError when the backup is damaged; UnavailableError when the folder has too little room
 */
export async function withDisk<R>(backup: BackupWithFiles, key: string, folder: string, context: Context, work: (disk: OpenDisk) => Promise<R>): Promise<R> {
  if (backup.archive !== null) return withArchivedDisk({volume: backup.volume, archive: backup.archive}, key, folder, context, work)
  const {withKeptMachine} = await import('../../../storage/repository/index.ts')
  return withKeptMachine(backup.volume, context, async ({disks}) => work(keptDisk(found(disks, key, backup.volume), folder, context)))
}

function keptDisk(source: NamedDiskSource, folder: string, context: Context): OpenDisk {
  return {
    sizeBytes: source.sizeBytes, read: (offset, lengthBytes) => source.read(offset, lengthBytes),
    withPiece: (offset, sizeBytes, work) => withScratch(folder, sizeBytes, context, async (scratch) => {
      const writer = new ScratchWriter(scratch, folder, context)
      for (let done = 0; done < sizeBytes;) {
        // Pieces of the repository's own size, so that none is fetched twice.
        const count = Math.min(pieceBytes - (offset + done) % pieceBytes, sizeBytes - done)
        if (!source.isHole(offset + done, count)) await writer.write(done, await source.read(offset + done, count))
        done += count
        context.log.progress(done, sizeBytes, 'read', 'bytes')
      }
      return work({path: scratch.path, offset: 0})
    }),
  }
}

async function withArchivedDisk<R>({volume, archive: {path, compression}}: {volume: string; archive: NonNullable<BackupWithFiles['archive']>}, key: string, folder: string, context: Context, work: (disk: OpenDisk) => Promise<R>): Promise<R> {
  const {clock, signal, log} = context
  const {disks} = await archivedMachine(path, context)
  const {sizeBytes} = found(disks, key, volume)
  return withScratch(folder, sizeBytes, context, async (scratch) => {
    const writer = new ScratchWriter(scratch, folder, context)
    await withPlainArchive(path, compression ?? undefined, context, async (from) => {
      const header = await readVmaHeader(from, {clock, signal})
      const {number} = found(header.disks, key, volume)
      let doneBytes = 0
      for await (const piece of vmaPieces(from, header, {clock, signal})) {
        if (piece.disk !== number) continue
        if (piece.data !== undefined) await writer.write(piece.offset, piece.data)
        doneBytes += piece.lengthBytes
        log.progress(doneBytes, sizeBytes, 'read', 'bytes')
      }
    })
    return work({sizeBytes, read: (offset, lengthBytes) => scratch.read(offset, lengthBytes), withPiece: (offset, _sizeBytes, use) => use({path: scratch.path, offset})})
  })
}

function found<D extends {readonly name: string}>(disks: readonly D[], key: string, volume: string): D {
  const disk = disks.find(({name}) => name !== memoryName && diskKey(name) === key)
  if (disk !== undefined) return disk
  throw new NotFoundError(`there is no disk '${key.slice(0, 60)}' in the backup`, {nextSteps: [`See which there are: corral backup files list ${volume}`]})
}
