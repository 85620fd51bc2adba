// The action that fills new volumes with the disks of a backup. The volumes were made by steps before, whose undo removes them, so this has no
// undo of its own. Done again it does the same again.
import {InvalidInputError} from '../../base/index.ts'
import {formatSize} from '../../spec/size.ts'
import type {Action} from '../../tasks/index.ts'
import {commandLine, defineAction} from '../../tasks/index.ts'
import {parseArchiveName} from '../archive-name.ts'
import type {DiskToFill} from './fill-disks.ts'
import {fillFromArchive} from './fill-disks.ts'
import {standardInput} from './input-archive.ts'
import {plainArgv} from './plain-archive.ts'

export interface BackupFill extends Action {
  readonly kind: 'volume.fill-from-backup'
  /** The path of the archive, whose name says what it is; - for standard input. */
  readonly archive: string
  readonly disks: readonly DiskToFill[]
  /** In KiB a second; no limit when absent. */
  readonly bandwidthKib?: number
}

export const fillFromBackup = defineAction<BackupFill>({
  kind: 'volume.fill-from-backup',
  describe: ({archive, disks}) => [
    archive === standardInput ? '# read the backup from standard input' : commandLine(plainArgv(archive, parseArchiveName(archive).compression)),
    ...disks.map(({volume, sizeBytes}) => `# fill ${volume} (${formatSize(sizeBytes)}) with its disk in it`),
  ],
  run: async ({archive, disks, bandwidthKib}, context) => {
    const sizeBytes = disks.reduce((sum, disk) => sum + disk.sizeBytes, 0)
    const onProgress = (doneBytes: number): void => context.log.progress(doneBytes, sizeBytes, 'restore', 'bytes')
    const {compression, fileName} = archive === standardInput ? {compression: undefined, fileName: 'on standard input'} : parseArchiveName(archive)
    try {
      await fillFromArchive({path: archive, compression, disks, bandwidthKib, onProgress}, context)
    } catch (error) {
      throw error instanceof InvalidInputError ? new InvalidInputError(`the backup ${fileName} is damaged`, {archive: 'is damaged'}, {cause: error}) : error
    }
    context.log.info(`restored ${disks.map(({volume}) => `'${volume}'`).join(', ')} (${formatSize(sizeBytes)})`)
  },
})
