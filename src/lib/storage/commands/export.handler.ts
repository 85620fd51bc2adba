// pvesm export: a volume as a stream of bytes, to standard output or a file of the host.
import {ConflictError, NotFoundError, UnsupportedError} from '../../base/index.ts'
import {handleRead} from '../../tasks/index.ts'
import {openVolume} from '../open-storage.ts'
import {splitWords} from '../option-values.ts'
import type {Storage, StreamRequest, VolumeId} from '../storage.ts'
import {checkStreamPlace, writingTo} from '../transfer/stream-places.ts'
import {formatVolumeId} from '../volume-id.ts'
import {checkCallerMayUse} from '../volume-access.ts'
import {spec} from './export.spec.ts'
import {streamRequest} from './stream-request.ts'

export const handler = handleRead(spec, async ({volume, filename, 'snapshot-list': list, ...wish}, context): Promise<null> => {
  checkStreamPlace(filename)
  const request = streamRequest(wish)
  const {storage, id} = await openVolume(volume, context)
  await checkCallerMayUse({volume}, context)
  const {transfer} = storage
  if (transfer === undefined) throw new UnsupportedError(`volumes on storage '${id.storage}' cannot be had as streams`)
  const formats = transfer.exportFormats(id, request)
  if (!formats.includes(request.format)) {
    throw new UnsupportedError(`${volume} cannot be had as ${request.format}${request.snapshot === undefined ? '' : ' with these snapshots'}`, {nextSteps: formats.length === 0 ? [] : [`What is possible: ${formats.join(', ')}`]})
  }
  await storage.activate()
  if (list !== undefined) await checkSnapshots(storage, id, request, splitWords(list))
  await writingTo(filename, context, (to) => transfer.export(id, request, to, context.signal))
  return null
})

/** @throws ConflictError when the stream would hold other snapshots than those, NotFoundError when the first or last is not there */
async function checkSnapshots({snapshots}: Storage, id: VolumeId, {snapshot, base}: StreamRequest, wanted: readonly string[]): Promise<void> {
  const names = (await snapshots?.list(id) ?? []).map(({name}) => name)
  const placeOf = (name: string): number => {
    const place = names.indexOf(name)
    if (place < 0) throw new NotFoundError(`${formatVolumeId(id)} has no snapshot '${name}'`)
    return place
  }
  const sent = names.slice(base === undefined ? 0 : placeOf(base) + 1, snapshot === undefined ? undefined : placeOf(snapshot) + 1)
  if (sent.join() !== wanted.join()) throw new ConflictError(`the stream of ${formatVolumeId(id)} would hold the snapshots ${sent.join(', ') || 'none'}, not ${wanted.join(', ') || 'none'}`)
}
