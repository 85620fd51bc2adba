// corral disk lvm destroy: a volume group with all that is in it, unless somebody uses it.
import {handleChange} from '../../../tasks/index.ts'
import {deviceLocks} from '../examine.ts'
import {clearGroupSteps, devicesOf, findGroup, refuseOpenVolumes, volumeLines} from '../lvm/group-to-destroy.ts'
import {readGroupVolumes} from '../lvm/groups.ts'
import {forgetStoragesStep, groundLocks, refuseGuestsOn, storagesOn, warnOfStorages} from '../storage-sections.ts'
import {spec} from './lvm-destroy.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({name}, context) => [...await deviceLocks(devicesOf(await findGroup(name, context)), context), ...groundLocks(await storagesOn({kind: 'group', group: name}, context))],
  plan: async ({name, 'cleanup-config': forgetsStorages = false, 'cleanup-disks': clearsDisks = false}, context) => {
    const group = await findGroup(name, context)
    const volumes = (await readGroupVolumes(context)).filter((volume) => volume.group === name)
    const ground = {kind: 'group', group: name} as const
    const storages = await storagesOn(ground, context)
    await refuseGuestsOn(ground, `the volume group '${name}'`, storages, context)
    refuseOpenVolumes(`the volume group '${name}'`, volumes)
    if (!forgetsStorages) warnOfStorages(storages, context)
    return {
      steps: [
        {do: {kind: 'disk.remove', what: 'volume group', name, uuid: group.uuid, loses: volumeLines(volumes)}},
        ...forgetsStorages ? await forgetStoragesStep(storages, context) : [],
        ...clearsDisks ? await clearGroupSteps(group, context) : [],
      ],
      whenInterrupted: 'finish', result: null,
    }
  },
})
