// Takes a backup out of a repository that was not to be: the undo of saving it. What only it needed takes room until that is collected.
import type {Action} from '../../tasks/index.ts'
import {defineAction} from '../../tasks/index.ts'
import {openStorage} from '../open-storage.ts'
import {backupName} from './backup-name.ts'
import type {RepositoryBackup} from './backup-name.ts'
import {snapshotOf} from './find-machine.ts'

export interface ForgetBackup extends Action, RepositoryBackup {
  readonly kind: 'repository.forget-backup'
  readonly storage: string
}

export const forgetBackup = defineAction<ForgetBackup>({
  kind: 'repository.forget-backup',
  describe: ({storage, guestType, vmid, takenAtMs}) => [`# forget ${storage}:${backupName({guestType, vmid, takenAtMs})}, where it is`],
  run: async ({storage: name, guestType, vmid, takenAtMs}, context) => {
    const {repository} = await openStorage(name, context)
    await repository?.use(async (open) => {
      for (;;) {
        const snapshot = await snapshotOf(open, {guestType, vmid, takenAtMs})
        if (snapshot === undefined) return
        await open.forget(snapshot.id)
      }
    })
  },
})
