// pvesm import: a volume from a stream. The name is chosen under the lock of the storage, which is given back before hours of copying.
import {ConflictError, NotFoundError, UnsupportedError} from '../../base/index.ts'
import type {Step} from '../../tasks/index.ts'
import {handleChange} from '../../tasks/index.ts'
import type {VolumeReceive} from '../actions/volume-receive.ts'
import {openStorage, openVolume} from '../open-storage.ts'
import type {Format, Storage, StreamRequest, VolumeId} from '../storage.ts'
import {checkStreamPlace} from '../transfer/stream-places.ts'
import {formatVolumeId, parseVolumeId} from '../volume-id.ts'
import {checkCallerMayUse} from '../volume-access.ts'
import {storageLock} from '../volume-steps.ts'
import {spec} from './import.spec.ts'
import {streamRequest} from './stream-request.ts'

export const handler = handleChange(spec, {
  locks: async ({volume}, context) => {
    const id = parseVolumeId(volume)
    const {vmid} = (await openStorage(id.storage, context)).parseName(id.name)
    return [...(vmid === undefined ? [] : [`guest/${vmid}`]), storageLock(id.storage)]
  },
  plan: async ({volume, filename, 'allow-rename': mayRename, 'delete-snapshot': superfluous, ...wish}, context) => {
    checkStreamPlace(filename)
    const request = streamRequest(wish)
    const {storage, id: wanted} = await openVolume(volume, context)
    await checkCallerMayUse({volume}, context)
    checkFormat(storage, wanted, request)
    if (superfluous !== undefined && storage.snapshots === undefined) throw new UnsupportedError(`storage '${wanted.storage}' has no snapshots, so none can be removed`)
    const id = await chosenId(storage, wanted, request, mayRename === true)
    const named = formatVolumeId(id)
    const receive: VolumeReceive = {kind: 'volume.receive', volume: named, request, from: filename, path: storage.path(id)}
    const hasGuest = storage.parseName(id.name).vmid !== undefined
    const steps: Step[] = [
      {do: {kind: 'storage.activate', config: storage.config}, ...(hasGuest ? {thenRelease: [storageLock(id.storage)]} : {})},
      // What was there before is not taken away because something could not be added to it.
      {do: receive, ...(request.base === undefined ? {undo: {kind: 'volume.remove', volume: named}} : {})},
    ]
    const afterwards = superfluous === undefined ? [] : [{kind: 'volume.drop-snapshot', volume: named, name: superfluous, commands: storage.commands({snapshot: 'remove', id, name: superfluous})}]
    return {steps, ...(afterwards.length === 0 ? {} : {afterwards}), whenInterrupted: 'undo', result: named}
  },
  text: (id) => [`successfully imported '${String(id)}'`],
})

/** @throws UnsupportedError naming what is possible */
function checkFormat({transfer, config}: Storage, id: VolumeId, request: StreamRequest): void {
  const formats = transfer?.importFormats(id, request) ?? []
  if (formats.includes(request.format)) return
  throw new UnsupportedError(`${formatVolumeId(id)} cannot be made from ${request.format} on storage '${config.storage}'`, {nextSteps: formats.length === 0 ? [] : [`What is possible: ${formats.join(', ')}`]})
}

async function chosenId(storage: Storage, wanted: VolumeId, {base}: StreamRequest, mayRename: boolean): Promise<VolumeId> {
  const isThere = await storage.exists(wanted)
  if (base !== undefined) {
    if (isThere) return wanted
    throw new NotFoundError(`there is no volume ${formatVolumeId(wanted)} to which the stream could be added`)
  }
  if (!isThere) return wanted
  const {vmid, format} = storage.parseName(wanted.name)
  if (mayRename && vmid !== undefined) return storage.nextName(vmid, format as Format, [wanted.name])
  throw new ConflictError(`the volume ${formatVolumeId(wanted)} exists already`, {nextSteps: ['Let another name be chosen: --allow-rename']})
}
