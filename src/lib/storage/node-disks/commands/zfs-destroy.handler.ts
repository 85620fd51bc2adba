// corral disk zfs destroy: a pool with all that is in it, unless somebody uses it.
import {NotFoundError} from '../../../base/index.ts'
import {formatSize} from '../../../spec/size.ts'
import type {Context} from '../../../tasks/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {deviceLocks} from '../examine.ts'
import {forgetStoragesStep, groundLocks, refuseGuestsOn, storagesOn, warnOfStorages} from '../storage-sections.ts'
import {clearPoolSteps, devicesOfPool} from '../zfs/pool-devices.ts'
import type {Pool} from '../zfs/pools.ts'
import {datasetsIn, readPools} from '../zfs/pools.ts'
import {spec} from './zfs-destroy.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({name}, context) => {
    await findPool(name, context)
    return [...await deviceLocks(await devicesOfPool(name, context), context), ...groundLocks(await storagesOn(await groundOf(name, context), context))]
  },
  plan: async ({name, 'cleanup-config': forgetsStorages = false, 'cleanup-disks': clearsDisks = false}, context) => {
    const {guid} = await findPool(name, context)
    const ground = await groundOf(name, context)
    const storages = await storagesOn(ground, context)
    await refuseGuestsOn(ground, `the ZFS pool '${name}'`, storages, context)
    if (!forgetsStorages) warnOfStorages(storages, context)
    const loses = (await datasetsIn(name, context)).map(({name: dataset, kind, usedBytes}) => `the ${kind === 'volume' ? 'volume' : 'file system'} ${dataset} (${formatSize(usedBytes)} with what is in it)`)
    return {
      steps: [
        {do: {kind: 'disk.remove', what: 'ZFS pool', name, uuid: guid, loses}},
        ...forgetsStorages ? await forgetStoragesStep(storages, context) : [],
        ...clearsDisks ? await clearPoolSteps(name, guid, context) : [],
      ],
      whenInterrupted: 'finish', result: null,
    }
  },
})

/** @throws NotFoundError */
async function findPool(name: string, context: Context): Promise<Pool> {
  const found = (await readPools(context)).find((pool) => pool.name === name)
  if (found === undefined) throw new NotFoundError(`the host has no ZFS pool '${name}'`, {nextSteps: ['See which there are: corral disk zfs list', 'One that is not imported: zpool import']})
  return found
}

async function groundOf(pool: string, context: Context) {
  const mountPoints = (await datasetsIn(pool, context)).flatMap(({mountPoint}) => mountPoint === undefined ? [] : [mountPoint])
  return {kind: 'pool', pool, mountPoints} as const
}
