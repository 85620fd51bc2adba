// corral backup verify: reads a backup and changes nothing; a task, because it takes long.
import {handleChange} from '../../../tasks/index.ts'
import {openVolume} from '../../../storage/index.ts'
import {openBackup} from '../open-backup.ts'
import {spec} from './verify.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [],
  plan: async ({volume}, context) => {
    const {storage} = await openVolume(volume, context)
    if (storage.repository !== undefined) return {steps: [{do: {kind: 'backup.verify-kept', volume}}], whenInterrupted: 'undo', resultOfStep: 0}
    const {path, archive: {format, compression}} = await openBackup(volume, context)
    return {steps: [{do: {kind: 'backup.verify', volume, path, format, compression: compression ?? null}}], whenInterrupted: 'undo', resultOfStep: 0}
  },
})
