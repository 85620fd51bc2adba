// The undo of a new ZFS pool: it goes when it has the comment that was chosen for it and nothing in it, and its devices are blank again. A pool in which
// somebody has made a file system or volume since is his and stays.
import type {Action} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import {clearDevice} from '../clear-device.ts'
import type {DeviceIdentity} from '../identity.ts'
import {runTool} from '../run-tool.ts'
import {datasetsIn, readPools} from '../zfs/pools.ts'

export interface DiskUndoPool extends Action {
  readonly kind: 'disk.undo-pool'
  readonly pool: string
  readonly comment: string
  readonly devices: readonly DeviceIdentity[]
}

export const diskUndoPool = defineAction<DiskUndoPool>({
  kind: 'disk.undo-pool',
  describe: ({pool}) => [commandLine(['zpool', 'destroy', '--', pool])],
  run: async ({pool, comment, devices}, context) => {
    const found = (await readPools(context)).find((each) => each.name === pool && each.comment === comment)
    if (found !== undefined) {
      const foreign = (await datasetsIn(pool, context)).filter(({name}) => name !== pool)
      if (foreign.length > 0) {
        context.log.warn(`the ZFS pool '${pool}' stays, as there is something in it by now: ${foreign.map(({name}) => name).join(', ')}`)
        return
      }
      await runTool(['zpool', 'destroy', '--', pool], context)
    }
    for (const device of devices) await clearDevice({device, marks: [{type: 'zfs_member', comment}]}, context)
  },
})
