// corral backup files list.
import {handleRead} from '../../../tasks/index.ts'
import {openBackup} from '../open-backup.ts'
import {assertHasFiles} from '../files/assert-has-files.ts'
import {listEntries} from '../files/list-entries.ts'
import {spec} from './files-list.spec.ts'

export const handler = handleRead(spec, async ({volume, path = '/', recursive}, context) => {
  const backup = await openBackup(volume, context)
  assertHasFiles(backup)
  return listEntries(backup, path, recursive === true, context)
})
