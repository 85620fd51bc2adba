// Which format two storages have in common. Pure.
import {UnsupportedError} from '../../base/index.ts'
import type {Storage, StreamContent, StreamFormat, VolumeId} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'

/**
 * The first format in which the source can give what the target can take.
 * @throws UnsupportedError when there is none
 */
export function commonStreamFormat(source: {readonly storage: Storage; readonly id: VolumeId}, target: {readonly storage: Storage; readonly id: VolumeId}, content: StreamContent = {}): StreamFormat {
  const given = source.storage.transfer?.exportFormats(source.id, content) ?? []
  const taken = target.storage.transfer?.importFormats(target.id, content) ?? []
  const common = given.find((format) => taken.includes(format))
  if (common !== undefined) return common
  throw new UnsupportedError(`${formatVolumeId(source.id)} and ${formatVolumeId(target.id)} have no form of stream in common${content.withSnapshots === true ? ' that holds snapshots' : ''}`, {
    data: {given, taken}, nextSteps: content.withSnapshots === true ? ['Leave the snapshots out.'] : ['Copy the disk with qemu-img, or take a target of another format.'],
  })
}
