// The tar archive of a container's files as a stream, whatever keeps it. It has to be read to its end, as a file may come anywhere in it.
import {Readable} from 'node:stream'
import {InvalidInputError} from '../../../base/index.ts'
import {plainArgv, withPlainArchive} from '../../../storage/archive/plain-archive.ts'
import type {Context} from '../../../tasks/index.ts'
import {commandLine} from '../../../tasks/index.ts'
import type {BackupWithFiles} from './open-files.ts'

/** Pure: what a dry run says of it. */
export function archiveSteps({volume, archive}: BackupWithFiles): string {
  return archive === null ? `# read ${volume} from its repository` : commandLine(plainArgv(archive.path, archive.compression ?? undefined))
}

/** @throws as withPlainArchive; InvalidInputError when the backup is damaged; what the work throws */
export async function withContainerArchive<R>({volume, archive}: BackupWithFiles, context: Context, work: (from: Readable) => Promise<R>): Promise<R> {
  if (archive !== null) return withPlainArchive(archive.path, archive.compression ?? undefined, context, work)
  const {bytesOfFile, withBackup} = await import('../../../storage/repository/find-backup.ts')
  const {containerFiles} = await import('../../../storage/repository/container-backup.ts')
  return withBackup(volume, context, async (repository, {files}) => {
    const file = files.find(({name}) => name === containerFiles.archive)
    if (file === undefined) throw new InvalidInputError(`the backup ${volume} is damaged: it holds no ${containerFiles.archive}`)
    const from = Readable.from(bytesOfFile(repository, file), {objectMode: false, highWaterMark: 1024 * 1024})
    // Whoever reads is told.
    from.on('error', () => undefined)
    try {
      return await work(from)
    } finally {
      from.destroy()
    }
  })
}
