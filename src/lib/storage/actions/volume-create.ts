// The action that makes a volume. Its undo is volume.remove of the same volume.
import {InvalidInputError} from '../../base/index.ts'
import {formatSize} from '../../spec/size.ts'
import type {Action} from '../../tasks/index.ts'
import {defineAction, measured} from '../../tasks/index.ts'
import {openVolume} from '../open-storage.ts'
import type {Format} from '../storage.ts'
import {shownCommands} from './shown-commands.ts'

export interface VolumeCreate extends Action {
  readonly kind: 'volume.create'
  /** The volume id, chosen by the plan under the lock of the storage. */
  readonly volume: string
  readonly vmid: number
  readonly format: Format
  readonly sizeBytes: number
  /** See NewVolume. */
  readonly mapsNothing?: boolean
  /** What the volume is made for (`scsi0`), for the log. */
  readonly purpose?: string
  /** The commands that this comes to, for a dry run. */
  readonly commands?: readonly (readonly string[])[]
}

export const volumeCreate = defineAction<VolumeCreate>({
  kind: 'volume.create',
  // create() refuses a name that is taken before it touches anything: that volume is somebody else's and stays.
  conflictMeansUntouched: true,
  describe: ({volume, format, sizeBytes, commands}) => [`# new volume ${volume} (${format}, ${formatSize(sizeBytes)})`, ...shownCommands(commands)],
  run: async ({volume, vmid, format, sizeBytes, purpose, mapsNothing}, context) => {
    const {storage, id} = await openVolume(volume, context)
    const base = id.name.slice(id.name.lastIndexOf('/') + 1)
    // Folders of containers have no limit.
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < (format === 'subvol' ? 0 : 1)) throw new InvalidInputError(`the size of ${volume} must be a positive number of bytes`)
    const made = storage.create({vmid, format, sizeBytes, base, ...(mapsNothing === undefined ? {} : {mapsNothing})})
    await measured(made, async () => (await context.host.files.stat(storage.path(id)))?.allocatedBytes, {what: `new volume ${volume}`, totalBytes: sizeBytes}, context)
    context.log.info(`${purpose === undefined ? '' : `${purpose}: `}successfully created '${volume}' (${format}, ${formatSize(sizeBytes)})`)
  },
})
