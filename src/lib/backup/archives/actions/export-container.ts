// Writes a container that is kept in a repository as a tar archive: the stream that vzdump made of it, as it is.
import {InvalidInputError} from '../../../base/index.ts'
import type {ArchiveTarget} from '../../../storage/archive/index.ts'
import {archiveArgvs, writeArchive} from '../../../storage/archive/index.ts'
import type {Action} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'

export interface ExportContainer extends Action {
  readonly kind: 'backup.export-container'
  readonly volume: string
  readonly target: ArchiveTarget
}

export const exportContainer = defineAction<ExportContainer>({
  kind: 'backup.export-container',
  conflictMeansUntouched: true,
  describe: ({volume, target}) => [`# read ${volume} from its repository`, ...archiveArgvs(target).map((argv) => commandLine(argv))],
  run: async ({volume, target}, context) => {
    const {bytesOfFile, withBackup} = await import('../../../storage/repository/find-backup.ts')
    const {containerFiles} = await import('../../../storage/repository/container-backup.ts')
    await withBackup(volume, context, async (repository, {files}) => {
      const archive = files.find(({name}) => name === containerFiles.archive)
      if (archive === undefined) throw new InvalidInputError(`the backup ${volume} is damaged: it holds no ${containerFiles.archive}`)
      await writeArchive(target, bytesOfFile(repository, archive), context, (bytes) => context.log.progress(bytes, archive.sizeBytes, 'export', 'bytes'))
    })
  },
})
