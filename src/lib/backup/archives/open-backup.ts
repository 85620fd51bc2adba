// From the volume id of a backup to its archive on this host.
import {InvalidInputError} from '../../base/index.ts'
import {openVolume} from '../../storage/index.ts'
import {parseArchiveName} from '../../storage/archive/index.ts'
import type {ArchiveInfo} from '../../storage/archive/index.ts'
import type {Context} from '../../tasks/index.ts'

export interface OpenBackup { readonly path: string; readonly archive: ArchiveInfo }

/** @throws InvalidInputError when it is no backup; as openVolume */
export async function openBackup(volume: string, context: Context): Promise<OpenBackup> {
  const {storage, id} = await openVolume(volume, context)
  const {content} = storage.parseName(id.name)
  if (content !== 'backup') throw new InvalidInputError(`${volume} is no backup, but of content type ${content}`, {volume: 'is no backup'}, {nextSteps: ['See which there are: corral backup list']})
  const path = await storage.attach(id)
  return {path, archive: parseArchiveName(path)}
}
