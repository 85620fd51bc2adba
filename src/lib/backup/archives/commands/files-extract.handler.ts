// corral backup files extract.
import {ConflictError, InvalidInputError} from '../../../base/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {openBackup} from '../open-backup.ts'
import {plainPath} from '../files/archived-entries.ts'
import {assertHasFiles} from '../files/assert-has-files.ts'
import {spec} from './files-extract.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [],
  plan: async ({volume, 'extra-args': paths, target = '-'}, context) => {
    const backup = await openBackup(volume, context)
    assertHasFiles(backup)
    if (paths.length === 0) throw new InvalidInputError('there is nothing to take out', {'extra-args': 'must be paths in the backup'}, {nextSteps: [`See what there is: corral backup files list ${volume}`]})
    if (target !== '-' && await context.host.files.stat(target) !== undefined) throw new ConflictError(`${target} is there already`, {nextSteps: ['Name a folder that is not there yet.']})
    return {
      steps: [{
        do: {kind: 'backup.take-files', path: backup.path, files: paths.map(plainPath), target},
        ...(target === '-' ? {} : {undo: {kind: 'backup.drop-files', target}}),
      }],
      whenInterrupted: 'undo',
    }
  },
})
