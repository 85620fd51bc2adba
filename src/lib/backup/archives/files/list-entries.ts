// What lies at a path of a container's backup. The archive is read to its end, as a file may come anywhere in it.
import {NotFoundError} from '../../../base/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {readTarMembers} from '../tar-members.ts'
import type {ArchivedEntry} from './archived-entries.ts'
import {entryOf, isDirectlyIn, isWithin, maxEntries, memberPath, tooManyEntries} from './archived-entries.ts'
import {withContainerArchive} from './container-archive.ts'
import type {BackupWithFiles} from './open-files.ts'

/** @param folder without slashes before and behind it @throws NotFoundError when there is no such path in it; InvalidInputError when the archive is damaged */
export async function listEntries(backup: BackupWithFiles, folder: string, isRecursive: boolean, context: Context): Promise<ArchivedEntry[]> {
  const found = await withContainerArchive(backup, context, async (from) => {
    const entries = new Map<string, ArchivedEntry>()
    for await (const member of readTarMembers(from, context)) {
      const its = memberPath(member)
      if (its === undefined || !isWithin(its, folder) || (!isRecursive && its !== folder && !isDirectlyIn(its, folder))) continue
      entries.set(its, entryOf(member, its))
      if (entries.size > maxEntries) throw tooManyEntries(`/${folder}`)
    }
    return entries
  })
  const itself = found.get(folder)
  if (found.size === 0) throw new NotFoundError(`there is no '/${folder}' in the backup`, {nextSteps: ['See what there is: corral backup files list VOLUME /']})
  // A folder is told by what is in it.
  if (itself?.type === 'folder') found.delete(folder)
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}
