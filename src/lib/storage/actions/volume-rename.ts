// The action that gives a disk another name, which may be another guest's. Its undo is the same action with the names exchanged. Right as well
// when it was done before.
import type {Action} from '../../tasks/index.ts'
import {defineAction} from '../../tasks/index.ts'
import {openVolume} from '../open-storage.ts'
import {parseVolumeId} from '../volume-id.ts'
import {shownCommands} from './shown-commands.ts'

export interface VolumeRename extends Action {
  readonly kind: 'volume.rename'
  readonly from: string
  readonly to: string
  readonly commands?: readonly (readonly string[])[]
}

export const volumeRename = defineAction<VolumeRename>({
  kind: 'volume.rename',
  conflictMeansUntouched: true,
  describe: ({from, to, commands}) => [`# rename volume ${from} to ${to}`, ...shownCommands(commands)],
  run: async ({from, to}, context) => {
    const {storage, id} = await openVolume(from, context)
    await storage.rename(id, parseVolumeId(to))
    context.log.info(`renamed volume '${from}' to '${to}'`)
  },
})
