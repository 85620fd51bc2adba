// What lies at a path of a container's backup. The archive is read to its end, as a file may come anywhere in it.
import {InvalidInputError, NotFoundError} from '../../../base/index.ts'
import {withPlainArchive} from '../../../storage/archive/plain-archive.ts'
import type {Context} from '../../../tasks/index.ts'
import type {OpenBackup} from '../open-backup.ts'
import {readTarMembers} from '../tar-members.ts'
import type {ArchivedEntry} from './archived-entries.ts'
import {entryOf, isDirectlyIn, isWithin, memberPath, plainPath} from './archived-entries.ts'

/** More than that is no list for anybody. */
const maxEntries = 1_000_000

/** @throws NotFoundError when there is no such path in it; InvalidInputError when the archive is damaged */
export async function listEntries({path: archivePath, archive}: OpenBackup, path: string, isRecursive: boolean, context: Context): Promise<ArchivedEntry[]> {
  const folder = plainPath(path)
  const found = await withPlainArchive(archivePath, archive.compression, context, async (from) => {
    const entries = new Map<string, ArchivedEntry>()
    for await (const member of readTarMembers(from, context)) {
      const its = memberPath(member)
      if (its === undefined || !isWithin(its, folder) || (!isRecursive && its !== folder && !isDirectlyIn(its, folder))) continue
      entries.set(its, entryOf(member, its))
      if (entries.size > maxEntries) throw new InvalidInputError(`there are more than ${maxEntries} files at '/${folder}'`, {path: 'holds too many files'}, {nextSteps: ['Name a folder in it.']})
    }
    return entries
  })
  const itself = found.get(folder)
  if (found.size === 0) throw new NotFoundError(`there is no '/${folder}' in the backup`, {nextSteps: ['See what there is: corral backup files list VOLUME /']})
  // A folder is told by what is in it.
  if (itself?.type === 'folder') found.delete(folder)
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}
