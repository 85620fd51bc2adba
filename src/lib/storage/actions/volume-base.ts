// The actions that make a volume the base of linked clones, and the reverse, each of which is the other's undo.
import type {Action} from '../../tasks/index.ts'
import {defineAction} from '../../tasks/index.ts'
import {openVolume, templatesOf} from '../open-storage.ts'
import {shownCommands} from './shown-commands.ts'

export interface VolumeMakeBase extends Action {
  readonly kind: 'volume.make-base'
  /** The id of the volume as it is now. */
  readonly volume: string
  /** The id that it gets. */
  readonly base: string
  readonly commands?: readonly (readonly string[])[]
}

export interface VolumeUnmakeBase extends Action {
  readonly kind: 'volume.unmake-base'
  /** The id that the volume had before. */
  readonly volume: string
}

export const volumeMakeBase = defineAction<VolumeMakeBase>({
  kind: 'volume.make-base',
  describe: ({volume, base, commands}) => [`# make ${volume} the base ${base}`, ...shownCommands(commands)],
  run: async ({volume, base}, context) => {
    const {storage, id} = await openVolume(volume, context)
    await templatesOf(storage).makeBase(id)
    context.log.info(`'${volume}' is the base '${base}' now`)
  },
})

export const volumeUnmakeBase = defineAction<VolumeUnmakeBase>({
  kind: 'volume.unmake-base',
  describe: ({volume}) => [`# make the base of ${volume} a disk again`],
  run: async ({volume}, context) => {
    const {storage, id} = await openVolume(volume, context)
    await templatesOf(storage).unmakeBase(id)
  },
})
