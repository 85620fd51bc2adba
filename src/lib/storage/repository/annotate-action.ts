// Other notes or another protection for a backup in a repository: a new snapshot with other tags in place of the old one. Done twice it does nothing.
import {NotFoundError} from '../../base/index.ts'
import {openStorage} from '../open-storage.ts'
import type {Action} from '../../tasks/index.ts'
import {defineAction} from '../../tasks/index.ts'
import {parseVolumeId} from '../volume-id.ts'
import {readBackupName} from './backup-name.ts'
import {snapshotsOf} from './find-backup.ts'
import {guestTags, readGuestSnapshot} from './guest-snapshot.ts'

export interface AnnotateBackup extends Action {
  readonly kind: 'repository.annotate'
  readonly volume: string
  readonly notes: string
  readonly isProtected: boolean
}

export const annotateBackup = defineAction<AnnotateBackup>({
  kind: 'repository.annotate',
  describe: ({volume, notes, isProtected}) => [`# ${volume}: ${isProtected ? 'protected' : 'not protected'}${notes === '' ? ', no notes' : `, notes of ${Buffer.byteLength(notes)} bytes`}`],
  run: async ({volume, notes, isProtected}, context) => {
    const id = parseVolumeId(volume)
    const backup = readBackupName(id.name)
    const {repository} = await openStorage(id.storage, context)
    await repository?.use(async (open) => {
      const snapshot = backup === undefined ? undefined : (await snapshotsOf(open, backup)).at(-1)
      const now = snapshot === undefined ? undefined : readGuestSnapshot(snapshot)
      if (snapshot === undefined || now === undefined) throw new NotFoundError(`there is no volume ${volume}`)
      const tags = guestTags({sizeBytes: now.sizeBytes, isProtected, notes})
      if (tags.join('\n') !== snapshot.tags.join('\n')) await open.replaceSnapshot(snapshot, {tags})
    })
  },
})
