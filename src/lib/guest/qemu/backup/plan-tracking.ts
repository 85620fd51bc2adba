// What is planned of dirty bitmaps for a backup into a repository: since which backup changes of a running machine's disks were noted down, the bitmap that begins with this one,
// and which go once it has succeeded.
import {AppError, NotFoundError} from '../../../base/index.ts'
import {openStorage} from '../../../storage/index.ts'
import type {Action, Context, Step} from '../../../tasks/index.ts'
import type {RepositoryTarget} from '../../backup/backup-type.ts'
import {onMonitor} from '../block-jobs/job-state.ts'
import {bitmapName, bitmapPrefix, newestTracked, readBitmaps} from './dirty-bitmaps.ts'
import type {TrackedDrive} from './dirty-bitmaps.ts'

export interface Tracking {
  readonly steps: readonly Step[]
  /** The backup since which changes of these drives were noted down. */
  readonly since: {readonly takenAtMs: number; readonly keys: readonly string[]} | undefined
  /** Once the backup is there. */
  readonly afterwards: readonly Action[]
}

const nothing: Tracking = {steps: [], since: undefined, afterwards: []}

/**
 * Looks only.
 * @param goesOn whether the same QEMU goes on: one that is started again has noted down nothing
 * @throws what opening the repository throws
 */
export async function planTracking(vmid: number, {storage, takenAtMs}: RepositoryTarget, goesOn: boolean, drives: readonly TrackedDrive[], context: Context): Promise<Tracking> {
  const known = await knownBackups(vmid, storage, context)
  if (known === undefined || drives.length === 0) return nothing
  const bitmaps = goesOn ? readBitmaps(await onMonitor(vmid, context, (client) => client.execute('query-named-block-nodes', {flat: true}))) : []
  const since = newestTracked(known.repositoryId, known.takenAtMs, drives, bitmaps)
  const own = {vmid, prefix: bitmapPrefix(known.repositoryId)}
  const name = bitmapName(known.repositoryId, takenAtMs)
  return {
    steps: [{
      do: {kind: 'qemu.begin-bitmaps', vmid, drives: drives.map(({key, root}) => ({key, root})), name, ...(since === undefined ? {} : {since: {name: since.name, keys: since.keys}})},
      undo: {kind: 'qemu.remove-bitmaps', ...own, only: name},
    }],
    since, afterwards: [{kind: 'qemu.remove-bitmaps', ...own, except: name}],
  }
}

/** undefined where no repository was made yet, which a dry run may find. */
async function knownBackups(vmid: number, storageName: string, context: Context): Promise<{readonly repositoryId: string; readonly takenAtMs: readonly number[]} | undefined> {
  const {repository} = await openStorage(storageName, context)
  if (repository === undefined) throw new AppError('internal', `storage '${storageName}' has no repository`)
  const {readGuestSnapshot} = await import('../../../storage/repository/index.ts')
  try {
    return await repository.use(async (open) => {
      const own = (await open.snapshots()).map((snapshot) => readGuestSnapshot(snapshot)).filter((backup) => backup?.guestType === 'qemu' && backup.vmid === vmid)
      return {repositoryId: open.id, takenAtMs: own.flatMap((backup) => backup?.takenAtMs ?? [])}
    }, {lock: 'none'})
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}
