// The undo of a new volume group: it goes, with an empty thin pool in it, when it lies on the physical volume that was made for it and on no other, and
// the device is blank again. A group in which somebody has made a volume since is his and stays.
import type {Action} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import {clearDevice} from '../clear-device.ts'
import type {DeviceIdentity} from '../identity.ts'
import {readGroupVolumes, readGroups} from '../lvm/groups.ts'
import {runTool} from '../run-tool.ts'

export interface DiskUndoGroup extends Action {
  readonly kind: 'disk.undo-group'
  readonly group: string
  readonly device: DeviceIdentity
  /** The UUID of the physical volume, which was chosen before it was made. */
  readonly physicalVolume: string
}

export const diskUndoGroup = defineAction<DiskUndoGroup>({
  kind: 'disk.undo-group',
  describe: ({group}) => [commandLine(['vgremove', '--yes', '--', group])],
  run: async ({group, device, physicalVolume}, context) => {
    const found = (await readGroups(context)).find(({name, physicalVolumes}) => name === group && physicalVolumes.length === 1 && physicalVolumes[0]?.uuid === physicalVolume)
    if (found !== undefined) {
      const foreign = (await readGroupVolumes(context)).filter((volume) => volume.group === group && !(volume.isThinPool && volume.name === group && volume.thinVolumes === 0))
      if (foreign.length > 0) {
        context.log.warn(`the volume group '${group}' stays, as there are volumes in it by now: ${foreign.map(({name}) => name).join(', ')}`)
        return
      }
      await runTool(['vgremove', '--yes', '--', group], context)
    }
    await clearDevice({device, marks: [{type: 'LVM2_member', uuid: physicalVolume}]}, context)
  },
})
