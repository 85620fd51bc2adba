// The action that makes a linked clone: a volume that reads from a base what was not written to it. Its undo is volume.remove of the clone.
import type {Action} from '../../tasks/index.ts'
import {defineAction} from '../../tasks/index.ts'
import {openVolume, templatesOf} from '../open-storage.ts'
import {parseVolumeId} from '../volume-id.ts'
import {shownCommands} from './shown-commands.ts'

export interface VolumeClone extends Action {
  readonly kind: 'volume.clone'
  readonly base: string
  /** The volume id, chosen by the plan under the lock of the storage. */
  readonly volume: string
  /** What the volume is made for (`scsi0`), for the log. */
  readonly purpose?: string
  readonly commands?: readonly (readonly string[])[]
}

export const volumeClone = defineAction<VolumeClone>({
  kind: 'volume.clone',
  // clone() refuses a name that is taken before it touches anything: that volume is somebody else's and stays.
  conflictMeansUntouched: true,
  describe: ({base, volume, commands}) => [`# new volume ${volume} on ${base}`, ...shownCommands(commands)],
  run: async ({base, volume, purpose}, context) => {
    const {storage, id} = await openVolume(base, context)
    await templatesOf(storage).clone(id, parseVolumeId(volume))
    context.log.info(`${purpose === undefined ? '' : `${purpose}: `}successfully created '${volume}', which stands on '${base}'`)
  },
})
