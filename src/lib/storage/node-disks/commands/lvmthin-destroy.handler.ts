// corral disk lvmthin destroy: a thin pool with all that is in it, unless somebody uses it; and its group, where it held nothing else.
import {ConflictError, NotFoundError} from '../../../base/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {deviceLocks} from '../examine.ts'
import {clearGroupSteps, devicesOf, findGroup, refuseOpenVolumes, volumeLines} from '../lvm/group-to-destroy.ts'
import {readGroupVolumes} from '../lvm/groups.ts'
import {forgetStoragesStep, groundLocks, refuseGuestsOn, storagesOn, warnOfStorages} from '../storage-sections.ts'
import {spec} from './lvmthin-destroy.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({'volume-group': group}, context) => [...await deviceLocks(devicesOf(await findGroup(group, context)), context), ...groundLocks(await storagesOn({kind: 'group', group}, context))],
  plan: async ({name, 'volume-group': groupName, 'cleanup-config': forgetsStorages = false, 'cleanup-disks': clearsDisks = false}, context) => {
    const group = await findGroup(groupName, context)
    const volumes = (await readGroupVolumes(context)).filter((volume) => volume.group === groupName)
    const pool = volumes.find((volume) => volume.isThinPool && volume.name === name)
    if (pool === undefined) throw new NotFoundError(`the volume group '${groupName}' has no thin pool '${name}'`, {nextSteps: ['See which there are: corral disk lvmthin list']})
    const inside = volumes.filter((volume) => volume.pool === name)
    const others = volumes.filter((volume) => volume !== pool && !inside.includes(volume))
    if (clearsDisks && others.length > 0) {
      throw new ConflictError(`the disks of the volume group '${groupName}' cannot be made blank, as it holds more than the pool: ${others.map((each) => each.name).slice(0, 10).join(', ')}`, {
        nextSteps: ['Leave out --cleanup-disks, or destroy the whole group: corral disk lvm destroy'],
      })
    }
    const what = `the thin pool '${groupName}/${name}'`
    const ground = {kind: 'thin pool', group: groupName, pool: name} as const
    const storages = await storagesOn(clearsDisks ? {kind: 'group', group: groupName} : ground, context)
    await refuseGuestsOn(clearsDisks ? {kind: 'group', group: groupName} : ground, what, storages, context)
    refuseOpenVolumes(what, inside)
    if (!forgetsStorages) warnOfStorages(storages, context)
    return {
      steps: [
        {do: {kind: 'disk.remove', what: 'thin pool', name: `${groupName}/${name}`, uuid: pool.uuid, loses: volumeLines([pool, ...inside])}},
        ...clearsDisks ? [{do: {kind: 'disk.remove', what: 'volume group', name: groupName, uuid: group.uuid, loses: []}}] : [],
        ...forgetsStorages ? await forgetStoragesStep(storages, context) : [],
        ...clearsDisks ? await clearGroupSteps(group, context) : [],
      ],
      whenInterrupted: 'finish', result: null,
    }
  },
})
