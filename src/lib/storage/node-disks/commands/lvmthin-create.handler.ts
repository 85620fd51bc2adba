// corral disk lvmthin create: a volume group on a blank disk with a thin pool in it, and a storage on that.
import {ConflictError} from '../../../base/index.ts'
import type {Step} from '../../../tasks/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {deviceLock, examine} from '../examine.ts'
import {readGroups} from '../lvm/groups.ts'
import {newGroupSteps} from '../lvm/new-group-steps.ts'
import {thinPoolSize} from '../lvm/thin-pool-size.ts'
import {newStorageLocks, newStorageStep} from '../storage-sections.ts'
import {spec} from './lvmthin-create.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({name, device, add_storage: addStorage}, context) => [await deviceLock(device, context), ...addStorage === true ? newStorageLocks(name) : []],
  plan: async ({name, device, add_storage: addStorage}, context) => {
    const storage = addStorage === true ? [await newStorageStep({type: 'lvmthin', storage: name, vgname: name, thinpool: name, content: 'rootdir,images'}, context)] : []
    if ((await readGroups(context)).some((group) => group.name === name)) throw new ConflictError(`there is a volume group '${name}' already`, {nextSteps: ['See which there are: corral disk lvm list']})
    const groups = await Promise.all((await examine([device], context)).map(async (examined): Promise<Step[]> => {
      const steps = await newGroupSteps(name, examined, context)
      const {path, sizeBytes} = examined.identity
      const {dataKib, metadataKib} = thinPoolSize(sizeBytes, path)
      // The undo of the group takes an empty pool with it.
      const argv = ['lvcreate', '--yes', '--type', 'thin-pool', '--size', `${dataKib}k`, '--poolmetadatasize', `${metadataKib}k`, '--name', name, '--', name]
      return [...steps, {do: {kind: 'disk.command', argv, devices: [examined.identity], needs: 'same'}}]
    }))
    return {steps: [...groups.flat(), ...storage], whenInterrupted: 'undo', result: null}
  },
})
