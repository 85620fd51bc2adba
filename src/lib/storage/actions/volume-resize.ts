// The action that makes a volume larger. It has no undo: a disk cannot be cut without looking at what is on it, and a larger one harms
// nobody. Done twice it does nothing the second time.
import {formatSize} from '../../spec/size.ts'
import type {Action} from '../../tasks/index.ts'
import {defineAction} from '../../tasks/index.ts'
import {openVolume} from '../open-storage.ts'
import {shownCommands} from './shown-commands.ts'

export interface VolumeResize extends Action {
  readonly kind: 'volume.resize'
  readonly volume: string
  readonly sizeBytes: number
  readonly commands?: readonly (readonly string[])[]
}

export const volumeResize = defineAction<VolumeResize>({
  kind: 'volume.resize',
  describe: ({volume, sizeBytes, commands}) => [`# make volume ${volume} ${formatSize(sizeBytes)} large`, ...shownCommands(commands)],
  run: async ({volume, sizeBytes}, context) => {
    const {storage, id} = await openVolume(volume, context)
    await storage.resize(id, sizeBytes)
    context.log.info(`made volume '${volume}' ${formatSize(sizeBytes)} large`)
  },
})
