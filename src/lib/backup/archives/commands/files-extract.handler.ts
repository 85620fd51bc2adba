// corral backup files extract.
import {ConflictError, InvalidInputError} from '../../../base/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {plainPath} from '../files/archived-entries.ts'
import type {InMachine, MachineLook} from '../files/machine-entries.ts'
import {parseMachinePath} from '../files/machine-path.ts'
import {openFiles} from '../files/open-files.ts'
import {defaultTemporaryFolder} from './files-params.ts'
import {spec} from './files-extract.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [],
  plan: async ({volume, 'extra-args': paths, target = '-', mount, tmpdir: folder = defaultTemporaryFolder}, context) => {
    const backup = await openFiles(volume, context)
    if (paths.length === 0) throw new InvalidInputError('there is nothing to take out', {'extra-args': 'must be paths in the backup'}, {nextSteps: [`See what there is: corral backup files list ${volume}`]})
    if (target !== '-' && await context.host.files.stat(target) !== undefined) throw new ConflictError(`${target} is there already`, {nextSteps: ['Name a folder that is not there yet.']})
    const wanted = paths.map(plainPath)
    const {fileSystem, files} = backup.guest === 'container' ? {fileSystem: undefined, files: wanted} : await inOneFileSystem(wanted, {mount: mount === true, folder})
    return {
      steps: [{
        do: {kind: 'backup.take-files', backup, ...(fileSystem === undefined ? {} : {fileSystem}), files, target},
        ...(target === '-' ? {} : {undo: {kind: 'backup.drop-files', target}}),
      }],
      whenInterrupted: 'undo',
    }
  },
})

/** What the paths have in common, and the rest of each. @throws InvalidInputError when it is not one file system, or may not be mounted */
async function inOneFileSystem(paths: readonly string[], look: MachineLook): Promise<{fileSystem: InMachine & MachineLook; files: string[]}> {
  const {assertMayMount} = await import('../files/machine-entries.ts')
  const all = paths.map(parseMachinePath)
  const files = all.map(({within}) => within ?? '')
  const [first] = all
  if (first?.disk === undefined || first.partition === undefined || all.some(({disk, partition}) => disk !== first.disk || partition !== first.partition)) {
    throw new InvalidInputError('the paths do not lie in one partition of one disk', {'extra-args': 'must be /DISK/PARTITION/PATH, with one disk and partition for all'}, {nextSteps: ['See which there are: corral backup files list VOLUME']})
  }
  assertMayMount(look.mount)
  return {fileSystem: {disk: first.disk, partition: first.partition, ...look}, files}
}
