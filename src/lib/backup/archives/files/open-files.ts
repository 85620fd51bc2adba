// From the volume id of a backup to what its files are in: the archive or repository, and what kind of guest it is of.
import {InvalidInputError} from '../../../base/index.ts'
import {openVolume} from '../../../storage/index.ts'
import type {ArchiveCompression} from '../../../storage/archive-name.ts'
import type {Context} from '../../../tasks/index.ts'
import {openBackup} from '../open-backup.ts'

/** Plain data, so that it can stand in a plan. */
export interface BackupWithFiles {
  readonly volume: string
  readonly guest: 'machine' | 'container'
  /** null: it lies in a repository. */
  readonly archive: {readonly path: string; readonly compression: ArchiveCompression | null} | null
}

/** @throws InvalidInputError when it is no backup; as openVolume */
export async function openFiles(volume: string, context: Context): Promise<BackupWithFiles> {
  const {storage, id} = await openVolume(volume, context)
  if (storage.repository !== undefined) {
    const {guestType} = await storage.volume(id)
    if (guestType === undefined) throw new InvalidInputError(`${volume} is no backup`, {volume: 'is no backup'}, {nextSteps: ['See which there are: corral backup list']})
    return {volume, guest: guestType === 'qemu' ? 'machine' : 'container', archive: null}
  }
  const {path, archive: {format, compression}} = await openBackup(volume, context)
  return {volume, guest: format === 'vma' ? 'machine' : 'container', archive: {path, compression: compression ?? null}}
}
