// corral disk initgpt: an empty GPT on a blank disk.
import {InvalidInputError} from '../../../base/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {deviceLock, examine, refuseContents} from '../examine.ts'
import {spec} from './initgpt.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({disk}, context) => [await deviceLock(disk, context)],
  plan: async ({disk, uuid}, context) => {
    const steps = (await examine([disk], context)).map((examined) => {
      if (examined.found.isPartition) throw new InvalidInputError(`${disk} is a partition; a table belongs on a whole disk`, {disk: 'is a partition'})
      refuseContents(examined, 'blank')
      // sgdisk(8): R is a random one.
      return {do: {kind: 'disk.command', argv: ['sgdisk', `--disk-guid=${uuid ?? 'R'}`, examined.identity.path], devices: [examined.identity], needs: 'blank'}}
    })
    return {steps, whenInterrupted: 'undo', result: null}
  },
})
