// Takes a backup out of a repository that was not to be: the undo of saving it. What only it needed takes room until that is collected.
import {openStorage} from '../open-storage.ts'
import type {Action} from '../../tasks/index.ts'
import {defineAction} from '../../tasks/index.ts'
import {backupName} from './backup-name.ts'
import type {RepositoryBackup} from './backup-name.ts'
import {unfinishedSnapshots} from './container-backup.ts'
import {snapshotsOf} from './find-backup.ts'

export interface ForgetBackup extends Action, RepositoryBackup {
  readonly kind: 'repository.forget-backup'
  readonly storage: string
}

export const forgetBackup = defineAction<ForgetBackup>({
  kind: 'repository.forget-backup',
  describe: ({storage, guestType, vmid, takenAtMs}) => [`# forget ${storage}:${backupName({guestType, vmid, takenAtMs})}, where it is`],
  run: async ({storage: name, guestType, vmid, takenAtMs}, context) => {
    const {repository} = await openStorage(name, context)
    const backup = {guestType, vmid, takenAtMs}
    await repository?.use(async (open) => {
      for (const {id} of [...await snapshotsOf(open, backup), ...await unfinishedSnapshots(open, backup)]) await open.forget(id)
    })
  },
})
