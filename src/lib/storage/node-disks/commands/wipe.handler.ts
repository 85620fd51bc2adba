// corral disk wipe: everything on a device goes, unless somebody uses it.
import {handleChange} from '../../../tasks/index.ts'
import {contentLines} from '../contents.ts'
import {deviceLock, examine, refuseContents} from '../examine.ts'
import {devicePath} from '../facts/machine.ts'
import {codeFor, partitionTypeArgv, partitionTypeOf, saysUse} from '../partition-type.ts'
import {spec} from './wipe.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({disk}, context) => [await deviceLock(disk, context)],
  plan: async ({disk}, context) => {
    const steps = await Promise.all((await examine([disk], context)).map(async (examined) => {
      refuseContents(examined, 'idle')
      const {found, identity, contents} = examined
      const partitions = found.isPartition ? [] : found.disk.partitions.map(({name}) => devicePath(name))
      const type = await partitionTypeOf(found, context)
      const typeArgv = type === undefined || saysUse('linux', type) ? {} : {typeArgv: partitionTypeArgv(found, codeFor('linux', type))}
      return {do: {kind: 'disk.wipe', device: identity, partitions, loses: contentLines(contents), ...typeArgv}}
    }))
    // One step without an undo, so that no journal is kept of it: nobody may go on wiping a disk on which there is something else by then.
    return {steps, whenInterrupted: 'undo', result: null}
  },
})
