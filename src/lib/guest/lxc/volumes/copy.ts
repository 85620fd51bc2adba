// The steps that make a volume of a container from another one, or from a snapshot of it, on whatever storage: an image is copied as it is onto another image,
// and file by file where one of the two is a folder. Looks at storages and changes nothing; under the lock of the target's storage, where names are chosen.
import {InvalidInputError, UnsupportedError} from '../../../base/index.ts'
import {copyVolumeSteps, openVolume} from '../../../storage/index.ts'
import type {Context, Step} from '../../../tasks/index.ts'
import type {CopyFiles} from '../actions/copy-files.ts'
import type {IdMap} from '../config/index.ts'
import {formatForContainers, newVolume, storageForContainers} from '../volumes.ts'

export interface VolumeCopyWish {
  /** What is copied (`rootfs`), for the log and for errors. */
  readonly key: string
  readonly source: {readonly volume: string; readonly snapshot?: string}
  readonly storage: string
  /** The container that the copy belongs to, and who its root is. */
  readonly vmid: number
  readonly map: IdMap
  /** Ids of volumes that a configuration or the same plan has spoken for. */
  readonly taken: readonly string[]
  /** In KiB a second; 0 is no limit. */
  readonly bandwidthKib: number
}

export interface PlannedCopy {
  readonly volume: string
  readonly sizeBytes: number
  /** Makes the volume, which is quickly done. */
  readonly create: readonly Step[]
  /** Fills it. */
  readonly fill: readonly Step[]
}

/** @throws InvalidInputError, NotFoundError, UnsupportedError naming the volume */
export async function planVolumeCopy(wish: VolumeCopyWish, context: Context): Promise<PlannedCopy> {
  const {key, source, storage: name, vmid, map, taken, bandwidthKib} = wish
  const {storage, id} = await openVolume(source.volume, context)
  const {format, isBase} = storage.parseName(id.name)
  const {sizeBytes} = await storage.volume(id)
  const target = await storageForContainers(key, name, context)
  const targetFormat = formatForContainers(target, sizeBytes)
  if (format === 'raw' && targetFormat === 'raw') {
    const {volume, sizeBytes: copiedBytes, steps: [create, ...fill]} = await copyVolumeSteps({source, storage: name, vmid, taken, purpose: key, format: 'raw', content: 'rootdir', bandwidthKib}, context)
    return {volume, sizeBytes: copiedBytes, create: create === undefined ? [] : [create], fill}
  }
  if (format === 'raw' && source.snapshot !== undefined) {
    throw new UnsupportedError(`${key}: a snapshot of the image ${source.volume} can only be copied as an image, and storage '${name}' makes folders of such volumes`, {
      nextSteps: ['Name a storage with images: lvmthin, rbd, btrfs, dir.'], data: {key},
    })
  }
  if (sizeBytes === 0 && targetFormat === 'raw' || sizeBytes === 0 && target.traits.hasOpenFolders !== true) {
    throw new InvalidInputError(`${key} is a folder without a limit, and storage '${name}' makes no volumes without a size`, {storage: 'has no folders without a limit'}, {
      nextSteps: ['Name a storage that is a folder (dir, btrfs), or make a new volume there and copy the files yourself.'],
    })
  }
  const made = await newVolume({vmid, map, key, storage: target, sizeBytes, taken})
  const files: CopyFiles = {
    kind: 'lxc.copy-files', source, target: made.volume, sizeBytes, purpose: key,
    ...(isBase || source.snapshot !== undefined ? {isSourceReadOnly: true} : {}), ...(bandwidthKib === 0 ? {} : {bandwidthKib}),
  }
  return {volume: made.volume, sizeBytes: made.sizeBytes, create: made.steps, fill: [{do: files}]}
}
