// Reads backups that lie in a repository, piece by piece: each has to be where the index says, be sealed by the repository, and have the hash that it is named by.
import {InvalidInputError} from '../../../base/index.ts'
import {withBackup} from '../../../storage/repository/find-backup.ts'
import {defineAction} from '../../../tasks/index.ts'
import type {Action, Context} from '../../../tasks/index.ts'
import type {Verified} from '../verify-archive.ts'

export interface VerifyKept extends Action {
  readonly kind: 'backup.verify-kept'
  readonly volume: string
}

export const verifyKept = defineAction<VerifyKept>({
  kind: 'backup.verify-kept',
  describe: ({volume}) => [`# read every piece of ${volume}`],
  run: ({volume}, context) => verified(volume, context),
})

/** @throws InvalidInputError naming the backup and what is wrong with it */
async function verified(volume: string, context: Context): Promise<Verified> {
  try {
    const found = await withBackup(volume, context, async (repository, {backup, files}) => {
      const totalBytes = files.reduce((sum, {sizeBytes}) => sum + sizeBytes, 0)
      const sizes = new Map<string, number>()
      let bytes = 0
      for (const {name, sizeBytes, content} of files) {
        let fileBytes = 0
        for (const id of content) {
          const pieceBytes = sizes.get(id) ?? (await repository.load('data', id)).length
          sizes.set(id, pieceBytes)
          fileBytes += pieceBytes
          context.signal.throwIfAborted()
          context.log.progress(Math.min(bytes + fileBytes, totalBytes), totalBytes, 'read', 'bytes')
        }
        if (fileBytes !== sizeBytes) throw new InvalidInputError(`${name} has ${fileBytes} bytes and should have ${sizeBytes}`)
        bytes += fileBytes
      }
      return {format: 'restic', ...(backup.guestType === 'qemu' ? {disks: files.filter(({name}) => name.endsWith('.raw')).length} : {files: files.length}), bytes}
    })
    context.log.info(`${volume} is whole`)
    return {volume, ...found}
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw new InvalidInputError(`the backup ${volume} is damaged`, {volume: 'is damaged'}, {cause: error, nextSteps: ['It cannot be restored whole. Make another one: what is damaged is then read and kept anew once it is collected.']})
  }
}
