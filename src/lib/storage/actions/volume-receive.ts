// The action that makes a volume from a stream, or adds to one what a stream says has changed. Its undo is volume.remove, of a volume that it made.
import {UnsupportedError} from '../../base/index.ts'
import type {Action} from '../../tasks/index.ts'
import {commandLine, defineAction} from '../../tasks/index.ts'
import {openVolume} from '../open-storage.ts'
import type {StreamRequest} from '../storage.ts'
import {readingFrom, streamPlace} from '../transfer/stream-places.ts'

export interface VolumeReceive extends Action {
  readonly kind: 'volume.receive'
  readonly volume: string
  readonly request: StreamRequest
  /** The path of a file, or `-` for the caller's standard input. */
  readonly from: string
  /** Where the volume will lie. */
  readonly path: string
}

export const volumeReceive = defineAction<VolumeReceive>({
  kind: 'volume.receive',
  conflictMeansUntouched: true,
  describe: ({volume, request: {format, base}, from, path}) => [
    `# ${base === undefined ? 'new volume' : 'add to volume'} ${volume} (${path}) from ${streamPlace(from, 'input')} (${format})`, ...(from === '-' ? [] : [commandLine(['cat', '--', from])]),
  ],
  run: async ({volume, request, from}, context) => {
    const {storage, id} = await openVolume(volume, context)
    const {transfer} = storage
    if (transfer === undefined) throw new UnsupportedError(`storage '${id.storage}' takes no streams`)
    await storage.activate()
    await readingFrom(from, context, (stream) => transfer.import(id, request, stream, context.signal))
    context.log.info(`successfully imported '${volume}'`)
  },
})
