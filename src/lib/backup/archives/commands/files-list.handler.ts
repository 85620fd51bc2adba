// corral backup files list.
import {handleRead} from '../../../tasks/index.ts'
import {plainPath} from '../files/archived-entries.ts'
import {listEntries} from '../files/list-entries.ts'
import {parseMachinePath} from '../files/machine-path.ts'
import {openFiles} from '../files/open-files.ts'
import {defaultTemporaryFolder} from './files-params.ts'
import {spec} from './files-list.spec.ts'

export const handler = handleRead(spec, async ({volume, path = '/', recursive, mount, tmpdir: folder = defaultTemporaryFolder}, context) => {
  const wanted = plainPath(path)
  const backup = await openFiles(volume, context)
  if (backup.guest === 'container') return listEntries(backup, wanted, recursive === true, context)
  const {listMachine} = await import('../files/machine-entries.ts')
  return listMachine(backup, parseMachinePath(wanted), recursive === true, {mount: mount === true, folder}, context)
})
