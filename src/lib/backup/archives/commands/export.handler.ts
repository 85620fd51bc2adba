// corral backup export: from a backup in a repository to an archive, under another name until it is whole.
import {ConflictError, InvalidInputError} from '../../../base/index.ts'
import {openVolume} from '../../../storage/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import type {ArchiveTarget} from '../../../storage/archive/index.ts'
import {spec} from './export.spec.ts'

/** What stands behind `.vma` or `.tar`, and the program that it calls for. */
const compressors: Readonly<Record<string, readonly string[] | undefined>> = {
  '': undefined, '.gz': ['gzip', '--rsyncable', '-c'], '.lzo': ['lzop', '-c'], '.zst': ['zstd', '-q', '-1', '--threads=0', '-c'],
}
const machine = {what: 'virtual machine', ending: '.vma', action: 'backup.export-machine'} as const
const container = {what: 'container', ending: '.tar', action: 'backup.export-container'} as const

export const handler = handleChange(spec, {
  locks: () => [],
  plan: async ({volume, file}, context) => {
    const {storage, id} = await openVolume(volume, context)
    if (storage.repository === undefined) {
      throw new InvalidInputError(`${volume} lies in no repository; it is an archive by itself`, {volume: 'is an archive'}, {nextSteps: [`See where it is: pvesm path ${volume}`]})
    }
    const {guestType} = await storage.volume(id)
    const {what, ending, action} = guestType === 'qemu' ? machine : container
    const compression = Object.keys(compressors).find((suffix) => file.endsWith(`${ending}${suffix}`))
    if (compression === undefined) {
      const allowed = Object.keys(compressors).map((suffix) => `${ending}${suffix}`).join(', ')
      throw new InvalidInputError(`${volume} is the backup of a ${what}: the name of the file must end in ${allowed}`, {file: `must end in ${allowed}`})
    }
    if (await context.host.files.stat(file) !== undefined) throw new ConflictError(`${file} is there already and is not overwritten`)
    const compressor = compressors[compression]
    const target: ArchiveTarget = {path: `${file}.part`, ...(compressor === undefined ? {} : {compressor})}
    return {
      steps: [
        {do: {kind: action, volume, target}, undo: {kind: 'file.remove', path: target.path}},
        {do: {kind: 'backup.publish', from: target.path, to: file}, undo: {kind: 'file.remove', path: file}},
      ],
      whenInterrupted: 'undo',
    }
  },
})
