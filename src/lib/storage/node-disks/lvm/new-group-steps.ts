// The steps that make a volume group on one blank device. The physical volume gets a UUID that was chosen before, so that an undo knows it again
// whatever became of the names.
import {randomInt} from 'node:crypto'
import type {Context, Step} from '../../../tasks/index.ts'
import type {Examined} from '../examine.ts'
import {refuseContents} from '../examine.ts'
import {newTypeSteps} from '../partition-steps.ts'

/** @throws ConflictError naming what is on the device */
export async function newGroupSteps(group: string, examined: Examined, context: Context): Promise<Step[]> {
  refuseContents(examined, 'blank')
  const {identity} = examined
  const physicalVolume = newPhysicalVolumeUuid()
  const devices = [identity]
  return [
    ...await newTypeSteps(examined, 'lvm', context),
    {
      do: {kind: 'disk.command', argv: ['pvcreate', '--uuid', physicalVolume, '--norestorefile', '--', identity.path], devices, needs: 'blank'},
      undo: {kind: 'disk.undo-group', group, device: identity, physicalVolume},
    },
    {do: {kind: 'disk.command', argv: ['vgcreate', '--', group, identity.path], devices, needs: 'same'}},
  ]
}

/** As lvm2 makes them: 32 letters and digits, grouped by hyphens. */
function newPhysicalVolumeUuid(): string {
  const characters = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
  const random = (length: number) => Array.from({length}, () => characters.charAt(randomInt(characters.length))).join('')
  return [6, 4, 4, 4, 4, 4, 6].map(random).join('-')
}
