// From what mount points ask for to what is stored in the configuration, and the steps that make the new volumes. Looks at storages and changes nothing.
// Under the guest's lock: the names of new volumes are chosen here.
import {ForbiddenError, InvalidInputError} from '../../base/index.ts'
import {formatSize, wholeBlocks} from '../../spec/index.ts'
import {createVolumeStep, formatVolumeId, openStorage, openVolume, parseVolumeId} from '../../storage/index.ts'
import type {Format, Storage} from '../../storage/index.ts'
import type {Context, Step} from '../../tasks/index.ts'
import type {GuestConfig} from '../guest-config.ts'
import {ownedBy} from '../volume-owner.ts'
import {isMountKey, isUnusedKey, mountPointFormat, readMountPoint, referencedVolumes, rootfsFormat, withVolume} from './config/index.ts'
import type {IdMap, MountPoint} from './config/index.ts'
import {assertMayHaveQuotas} from './mount-space/file-system-options.ts'
import {ownerIn} from './mount-space/open-container-space.ts'

const gibibyte = 1024 ** 3
/** The smallest that ext4 takes with its journal. */
const leastBytes = 8 * 1024 * 1024

export interface VolumeWishes {
  readonly vmid: number
  readonly map: IdMap
  /** Values of rootfs, mpN and unusedN by key, as they were given. */
  readonly wanted: Readonly<Record<string, string>>
  readonly config?: GuestConfig
  /** How large new volumes are, where that is known better than in GiB. */
  readonly exactBytes?: Readonly<Record<string, number>>
}

export interface PlannedVolumes {
  /** As they are stored. */
  readonly values: Readonly<Record<string, string>>
  readonly steps: readonly Step[]
  /** The size of each new volume in bytes; 0 for one without a limit. */
  readonly newSizes: Readonly<Record<string, number>>
}

/** @throws InvalidInputError, NotFoundError, ForbiddenError naming the key */
export async function planVolumes({vmid, map, wanted, config, exactBytes = {}}: VolumeWishes, context: Context): Promise<PlannedVolumes> {
  const values: Record<string, string> = {}
  const newSizes: Record<string, number> = {}
  const steps: Step[] = []
  const taken: string[] = config === undefined ? [] : [...referencedVolumes(config)]
  for (const [key, text] of Object.entries(wanted)) {
    const hasQuotas = isMountKey(key) && readMountPoint(key, text).quota
    if (hasQuotas && map.length > 0) throw new InvalidInputError(`${key}: quotas are for privileged containers, since the kernel lets nobody but the root of the host set them`, {[`${key}.quota`]: 'is for privileged containers'})
    const fresh = newVolumeWish(key, text)
    if (fresh === undefined) {
      values[key] = await existing(vmid, key, text, context)
      if (hasQuotas) assertMayHaveQuotas(key, await isFolder(readMountPoint(key, values[key]), context))
      continue
    }
    const sizeBytes = exactBytes[key] ?? fresh.sizeBytes
    const storage = await storageForContainers(key, fresh.storage, context)
    if (hasQuotas) assertMayHaveQuotas(key, formatForContainers(storage, sizeBytes) === 'subvol')
    const made = await newVolume({vmid, map, key, storage, sizeBytes, taken})
    taken.push(made.volume)
    newSizes[key] = made.sizeBytes
    values[key] = withVolume(key, text, made.volume, sizeText(made.sizeBytes))
    steps.push(...made.steps)
  }
  return {values, steps, newSizes}
}

/** As it stands beside a volume; one without a limit says so. */
export function sizeText(sizeBytes: number): string {
  return sizeBytes === 0 ? '0T' : formatSize(sizeBytes)
}

/** `STORAGE:SIZE` with the size in GiB; undefined for everything else. */
export function newVolumeWish(key: string, text: string): {readonly storage: string; readonly sizeBytes: number} | undefined {
  if (!isMountKey(key)) return undefined
  const {source, type} = readMountPoint(key, text)
  const match = type === 'volume' ? /^([^:]+):(\d{1,9}(?:\.\d{1,6})?)$/.exec(source) : null
  return match === null ? undefined : {storage: match[1] ?? '', sizeBytes: wholeBlocks(Number(match[2]) * gibibyte)}
}

/** The storages on which these values make new volumes; their locks are needed for that. */
export function storagesOfNewVolumes(wanted: Readonly<Record<string, string>>): string[] {
  return [...new Set(Object.entries(wanted).flatMap(([key, text]) => newVolumeWish(key, text)?.storage ?? []))]
}

export interface NewVolumeWish {
  readonly vmid: number
  readonly map: IdMap
  readonly key: string
  readonly storage: Storage
  readonly sizeBytes: number
  readonly taken: readonly string[]
}

/** A folder where the storage has such with limits, or none is wanted; an image with a file system else. */
export function formatForContainers({traits: {formats, hasOpenFolders}}: Pick<Storage, 'traits'>, sizeBytes: number): Format {
  return formats.includes('subvol') || sizeBytes === 0 && hasOpenFolders === true ? 'subvol' : 'raw'
}

/** @throws InvalidInputError for a size that the storage has not */
export async function newVolume({vmid, map, key, storage, sizeBytes, taken}: NewVolumeWish): Promise<{volume: string; sizeBytes: number; steps: Step[]}> {
  const {hasOpenFolders} = storage.traits
  const name = storage.config.storage
  const format = formatForContainers(storage, sizeBytes)
  if (sizeBytes === 0 && hasOpenFolders !== true) {
    throw new InvalidInputError(`${key}: the storage '${name}' has no volumes without a limit; give a size: ${name}:8`, {[key]: 'needs a size'})
  }
  if (format === 'raw' && sizeBytes < leastBytes) throw new InvalidInputError(`${key}: a volume has at least 8 MiB (${name}:0.01)`, {[key]: 'is too small'})
  const names = taken.filter((volume) => volume.startsWith(`${name}:`)).map((volume) => volume.slice(name.length + 1))
  const {id, step} = await createVolumeStep(storage, {vmid, format, sizeBytes, purpose: key}, names)
  const volume = formatVolumeId(id)
  const isFolder = format === 'subvol'
  return {volume, sizeBytes, steps: [step, {do: {kind: 'lxc.format-volume', volume, path: storage.path(id), isFolder, ...ownerIn(map)}}]}
}

/** @throws InvalidInputError for a storage that is not for containers */
export async function storageForContainers(key: string, name: string, context: Context): Promise<Storage> {
  const storage = await openStorage(name, context)
  if (storage.traits.defaultContent.includes('rootdir')) return storage
  throw new InvalidInputError(`${key}: the storage '${name}' is not for containers`, {[key]: 'names a storage without the content type rootdir'}, {
    nextSteps: [`Allow them: pvesm set ${name} --content ${['rootdir', ...storage.traits.defaultContent].join(',')}`],
  })
}

/** A volume that is there, or a folder or device of the host, which are for root alone. */
async function existing(vmid: number, key: string, text: string, context: Context): Promise<string> {
  if (isUnusedKey(key)) return checkedVolume(vmid, key, text.replace(/^volume=/, ''), text, context)
  const point = readMountPoint(key, text)
  if (point.type !== 'volume') {
    if (key === 'rootfs' && point.type === 'bind') throw new InvalidInputError('the root file system has to be a volume or a device', {rootfs: 'is a folder of the host'})
    if (!context.caller.isRoot) throw new ForbiddenError(`only root may give '${key}' a folder or device of the host`)
    return withVolume(key, text, point.source, point.size)
  }
  return checkedVolume(vmid, key, point.source, withVolume(key, text, point.source, point.size), context)
}

async function isFolder({type, source}: MountPoint, context: Context): Promise<boolean> {
  if (type !== 'volume') return type === 'bind'
  const {storage, id} = await openVolume(source, context)
  return storage.parseName(id.name).format === 'subvol'
}

async function checkedVolume(vmid: number, key: string, volume: string, text: string, context: Context): Promise<string> {
  parseVolumeId(volume)
  if (!ownedBy(vmid)(volume)) throw new InvalidInputError(`${key}: the volume ${volume} does not belong to container ${vmid}`, {[key]: 'is a volume of another guest'})
  const {storage, id} = await openVolume(volume, context)
  await storage.volume(id)
  return text
}

export const volumeFormats = {rootfs: rootfsFormat, mountPoint: mountPointFormat}
