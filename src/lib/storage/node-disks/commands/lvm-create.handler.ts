// corral disk lvm create: a volume group on a blank disk, and a storage on it.
import {ConflictError} from '../../../base/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {deviceLock, examine} from '../examine.ts'
import {readGroups} from '../lvm/groups.ts'
import {newGroupSteps} from '../lvm/new-group-steps.ts'
import {newStorageLocks, newStorageStep} from '../storage-sections.ts'
import {spec} from './lvm-create.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({name, device, add_storage: addStorage}, context) => [await deviceLock(device, context), ...addStorage === true ? newStorageLocks(name) : []],
  plan: async ({name, device, add_storage: addStorage}, context) => {
    const storage = addStorage === true ? [await newStorageStep({type: 'lvm', storage: name, vgname: name, content: 'rootdir,images'}, context)] : []
    if ((await readGroups(context)).some((group) => group.name === name)) throw new ConflictError(`there is a volume group '${name}' already`, {nextSteps: ['See which there are: corral disk lvm list']})
    const groups = await Promise.all((await examine([device], context)).map((examined) => newGroupSteps(name, examined, context)))
    return {steps: [...groups.flat(), ...storage], whenInterrupted: 'undo', result: null}
  },
})
