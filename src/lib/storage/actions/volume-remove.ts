// The action that removes a volume; right when the volume is not there, so it may be repeated and is the undo of volume.create.
import {NotFoundError} from '../../base/index.ts'
import type {Action} from '../../tasks/index.ts'
import {defineAction} from '../../tasks/index.ts'
import {openConfigured, storageConfig} from '../open-storage.ts'
import {parseVolumeId} from '../volume-id.ts'
import {shownCommands} from './shown-commands.ts'

export interface VolumeRemove extends Action {
  readonly kind: 'volume.remove'
  readonly volume: string
  readonly commands?: readonly (readonly string[])[]
}

export const volumeRemove = defineAction<VolumeRemove>({
  kind: 'volume.remove',
  conflictMeansUntouched: true,
  describe: ({volume, commands}) => [`# remove volume ${volume}`, ...shownCommands(commands)],
  run: async ({volume}, context) => {
    const id = parseVolumeId(volume)
    try {
      // Not openStorage: a storage that was disabled meanwhile still has to give back what a dead worker made on it.
      const storage = await openConfigured(await storageConfig(id.storage, context), context)
      const isThere = await storage.exists(id)
      await storage.remove(id)
      if (isThere) context.log.info(`removed volume '${volume}'`)
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error
      context.log.warn(`volume ${volume} could not be removed: ${error.message}`)
    }
  },
})
