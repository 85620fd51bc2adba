// What becomes of the older backups of a guest once there is a new one.
import {AppError} from '../../base/index.ts'
import type {MarkedBackup} from '../../storage/archive/index.ts'
import {markBackups, parseArchiveName} from '../../storage/archive/index.ts'
import {backupName} from '../../storage/repository/backup-name.ts'
import type {VolumeId} from '../../storage/index.ts'
import type {Action, Context} from '../../tasks/index.ts'
import type {ArchivePlace} from './archive-place.ts'
import type {JobOptions} from './job-options.ts'

export interface NewBackup {
  readonly vmid: number
  readonly type: 'lxc' | 'qemu'
  readonly fileName: string
  readonly takenAtMs: number
  readonly isProtected: boolean
}

/**
 * The actions that remove what the rules give up, the new backup counted as the newest one.
 * @throws UnavailableError when the storage does not answer
 */
export async function pruneActions(job: Pick<JobOptions, 'removes' | 'retention'>, fresh: NewBackup, place: ArchivePlace, context: Context): Promise<readonly Action[]> {
  if (!job.removes) return []
  const {vmid, type, fileName, takenAtMs, isProtected} = fresh
  const {storage, folder} = place
  const own = storage?.config.storage ?? 'folder'
  const name = storage?.repository === undefined ? `backup/${fileName}` : backupName({guestType: type, vmid, takenAtMs})
  const there = storage === undefined ? await backupsIn(folder, vmid, context) : await storage.list(['backup'], vmid, (problem) => { context.log.warn(problem) })
  const marked = markBackups([...there, {id: {storage: own, name}, createdAtMs: takenAtMs, vmid, isProtected}], job.retention, {vmid, type})
  const removed = marked.filter(({mark, volid}) => mark === 'remove' && volid !== `${own}:${name}`)
  if (removed.length === 0) return []
  return [{kind: 'backup.prune', ...(storage === undefined ? {folder} : {storage: own}), backups: removed.map(({volid}) => volid)} satisfies PruneAfter]
}

export interface PruneAfter extends Action {
  readonly kind: 'backup.prune'
  /** One of both. */
  readonly storage?: string
  readonly folder?: string
  /** `STORAGE:backup/…`; of a folder, the part behind the last slash counts. */
  readonly backups: readonly MarkedBackup['volid'][]
}

/** Those in a folder, which is no storage. */
async function backupsIn(folder: string, vmid: number, {host: {files}}: Pick<Context, 'host'>): Promise<{id: VolumeId; createdAtMs?: number; vmid?: number; isProtected: boolean}[]> {
  const names = await files.list(folder)
  return names.flatMap((name) => {
    const archive = archiveOf(name)
    if (archive?.vmid !== vmid) return []
    return [{id: {storage: 'folder', name: `backup/${name}`}, vmid, isProtected: names.includes(`${name}.protected`), ...(archive.createdAtMs === undefined ? {} : {createdAtMs: archive.createdAtMs})}]
  })
}

function archiveOf(name: string): ReturnType<typeof parseArchiveName> | undefined {
  try {
    return parseArchiveName(name)
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}
