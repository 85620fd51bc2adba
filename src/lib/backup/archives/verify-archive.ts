// Reads an archive from its beginning to its end: its compressor has to end well, and what is in it has to fit together. Of a virtual machine each
// piece has a checksum, and every part of every disk has to come once; of a container every header has one, and the end has to be marked.
import type {Readable} from 'node:stream'
import {InvalidInputError} from '../../base/index.ts'
import {withPlainArchive} from '../../storage/archive/plain-archive.ts'
import {readVmaHeader, vmaPieces} from '../../storage/archive/vma-data.ts'
import type {ArchiveCompression} from '../../storage/archive-name.ts'
import type {Context} from '../../tasks/index.ts'
import {readTarMembers} from './tar-members.ts'

export interface ArchiveToVerify {
  readonly volume: string
  readonly path: string
  readonly format: 'tar' | 'vma'
  readonly compression: ArchiveCompression | undefined
}

export interface Verified {
  readonly volume: string
  readonly format: string
  /** Of a virtual machine. */
  readonly disks?: number
  /** Of a container. */
  readonly files?: number
  /** What the archive holds, without its compression. */
  readonly bytes: number
}

type Place = Pick<Context, 'host' | 'clock' | 'signal' | 'log'>

/** @throws InvalidInputError naming the backup and what is wrong with it; NotFoundError; UnavailableError when what opens it is not installed */
export async function verifyArchive({volume, path, format, compression}: ArchiveToVerify, context: Place): Promise<Verified> {
  try {
    const found = await withPlainArchive(path, compression, context, (from) => format === 'vma' ? verifyDisks(from, context) : verifyFiles(from, context))
    context.log.info(`${volume} is whole`)
    return {volume, format, ...found}
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw new InvalidInputError(`the backup ${volume} is damaged`, {volume: 'is damaged'}, {cause: error, nextSteps: ['It cannot be restored whole. Make another one.']})
  }
}

async function verifyDisks(from: Readable, {clock, signal, log}: Place): Promise<Pick<Verified, 'disks' | 'bytes'>> {
  const waits = {clock, signal}
  const header = await readVmaHeader(from, waits)
  const totalBytes = header.disks.reduce((sum, {sizeBytes}) => sum + sizeBytes, 0)
  let bytes = 0
  for await (const piece of vmaPieces(from, header, waits)) {
    bytes += piece.lengthBytes
    log.progress(Math.min(bytes, totalBytes), totalBytes, 'read', 'bytes')
  }
  return {disks: header.disks.length, bytes}
}

async function verifyFiles(from: Readable, {clock, signal}: Place): Promise<Pick<Verified, 'files' | 'bytes'>> {
  let files = 0
  let bytes = 0
  for await (const {sizeBytes} of readTarMembers(from, {clock, signal})) {
    files++
    bytes += sizeBytes
  }
  return {files, bytes}
}
