// Reads a whole backup and checks all in it that can be checked.
import {commandLine, defineAction} from '../../../tasks/index.ts'
import type {Action} from '../../../tasks/index.ts'
import {plainArgv} from '../../../storage/archive/plain-archive.ts'
import type {ArchiveCompression} from '../../../storage/archive-name.ts'
import {verifyArchive} from '../verify-archive.ts'

export interface VerifyBackup extends Action {
  readonly kind: 'backup.verify'
  readonly volume: string
  readonly path: string
  readonly format: 'tar' | 'vma'
  readonly compression: ArchiveCompression | null
}

export const verify = defineAction<VerifyBackup>({
  kind: 'backup.verify',
  describe: ({path, compression}) => [commandLine(plainArgv(path, compression ?? undefined))],
  run: ({volume, path, format, compression}, context) => verifyArchive({volume, path, format, compression: compression ?? undefined}, context),
})
