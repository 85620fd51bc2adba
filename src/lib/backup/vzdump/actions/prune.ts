// Removes the backups that a new one makes superfluous. One that cannot be removed is told; the new backup is none the worse.
import {AppError, CancelledError, errorChain} from '../../../base/index.ts'
import {parseArchiveName} from '../../../storage/archive/index.ts'
import {openStorage, parseVolumeId} from '../../../storage/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import type {PruneAfter} from '../prune-after.ts'

export const prune = defineAction<PruneAfter>({
  kind: 'backup.prune',
  describe: ({storage, folder, backups}) => backups.map((volid) => storage === undefined ? commandLine(['rm', '-f', '--', `${folder ?? ''}/${fileOf(volid)}`]) : `# remove backup ${volid}`),
  run: async ({storage: name, folder, backups}, context) => {
    for (const volid of backups) {
      try {
        if (name !== undefined) await (await openStorage(name, context)).remove(parseVolumeId(volid))
        else if (folder !== undefined) await removeFiles(folder, fileOf(volid), context)
        context.log.info(`removed the older backup ${name === undefined ? fileOf(volid) : volid}`)
      } catch (error) {
        if (!(error instanceof AppError) || error instanceof CancelledError) throw error
        context.log.warn(`the older backup ${volid} could not be removed: ${errorChain(error).join(': ')}`)
      }
    }
  },
})

function fileOf(volid: string): string {
  return volid.slice(volid.lastIndexOf('/') + 1)
}

/** With the log and the notes; one that was protected meanwhile stays. */
async function removeFiles(folder: string, fileName: string, {host: {files}}: Context): Promise<void> {
  if (await files.stat(`${folder}/${fileName}.protected`) !== undefined) return
  const {logFileName, notesFileName} = parseArchiveName(fileName)
  for (const name of [fileName, logFileName, notesFileName]) if (name !== undefined) await files.remove(`${folder}/${name}`)
}
