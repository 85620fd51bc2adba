// The volume that a command is about: a whole id, or a name with the storage beside it. Pure.
import {InvalidInputError} from '../../base/index.ts'
import type {VolumeId} from '../storage.ts'
import {parseVolumeId} from '../volume-id.ts'

/** @throws InvalidInputError for what is no volume, or one of another storage */
export function namedVolume({volume, storage}: {readonly volume: string; readonly storage?: string | undefined}): VolumeId {
  if (storage === undefined) return parseVolumeId(volume)
  const id = parseVolumeId(volume.startsWith(`${storage}:`) ? volume : `${storage}:${volume}`)
  if (/^[a-z][a-z0-9\-_.]*:/i.test(id.name)) {
    throw new InvalidInputError(`'${volume}' is not on storage '${storage}'`, {storage: 'is not the storage of the volume'})
  }
  return id
}
