// The action that removes the backups which a pruning gives up. It holds the marks of all that were looked at, so that a dry run shows
// why each stays or goes. Right when repeated: what is gone is passed over.
import {AppError, CancelledError} from '../../base/index.ts'
import type {Action} from '../../tasks/index.ts'
import {defineAction} from '../../tasks/index.ts'
import {openStorage} from '../open-storage.ts'
import type {MarkedBackup} from '../prune/prune-marks.ts'
import {pruneLines} from '../prune/prune-lines.ts'
import {parseVolumeId} from '../volume-id.ts'
import {shownCommands} from './shown-commands.ts'

export interface BackupsPrune extends Action {
  readonly kind: 'backups.prune'
  readonly storage: string
  readonly backups: readonly MarkedBackup[]
  readonly commands: readonly (readonly string[])[]
}

export const backupsPrune = defineAction<BackupsPrune>({
  kind: 'backups.prune',
  describe: ({backups, commands}) => [...pruneLines(backups).map((line) => `# ${line}`), ...shownCommands(commands)],
  run: async ({storage: name, backups}, context) => {
    const storage = await openStorage(name, context)
    const failed: {readonly volid: string; readonly error: unknown}[] = []
    for (const {volid} of backups.filter(({mark}) => mark === 'remove')) {
      if (context.signal.aborted) throw new CancelledError()
      try {
        await storage.remove(parseVolumeId(volid))
        context.log.info(`removed backup '${volid}'`)
      } catch (error) {
        if (!(error instanceof AppError) || error instanceof CancelledError) throw error
        // One that somebody protected meanwhile, or that cannot be removed, does not keep the others.
        context.log.warn(`backup '${volid}' could not be removed: ${error.message}`)
        failed.push({volid, error})
      }
    }
    const [first] = failed
    if (first === undefined) return
    throw new AppError(first.error instanceof AppError ? first.error.kind : 'internal', `${failed.length} of the backups on storage '${name}' could not be removed`, {cause: first.error, data: {volids: failed.map(({volid}) => volid)}})
  },
})
