// Steps of plans that make a volume like another one and fill it, for all who plan such a thing (clones, moves, imports). They are computed
// under the lock of the target's storage (storageLock), where its name is chosen. Looks and changes nothing.
import {InvalidInputError, UnsupportedError} from '../base/index.ts'
import {wholeBlocks} from '../spec/size.ts'
import type {Context, Step} from '../tasks/index.ts'
import type {CopySource, VolumeCopy} from './actions/volume-copy.ts'
import {syncArgv} from './actions/volume-copy.ts'
import type {ConvertSource} from './convert-image.ts'
import {convertArgv} from './convert-image.ts'
import {readImageFile} from './image-file-source.ts'
import {fileOfImport} from './import/import-volume.ts'
import {openStorage, openVolume} from './open-storage.ts'
import type {Format, NewVolume, Storage, VolumeId} from './storage.ts'
import {createVolumeStep} from './volume-steps.ts'
import {formatVolumeId} from './volume-id.ts'

export interface CopyWish {
  readonly source: CopySource
  /** The storage of the copy. */
  readonly storage: string
  /** The guest that the copy belongs to. */
  readonly vmid: number
  /** The storage's own choice when absent: the source's format where it has that, else its default. */
  readonly format?: Format
  /** Ids of volumes that a configuration or the same plan has spoken for. */
  readonly taken?: readonly string[]
  readonly bandwidthKib?: number
  /** A running guest has the source open; only for a snapshot within the image. */
  readonly isSourceInUse?: boolean
  /** What is copied (`scsi0`), for the log. */
  readonly purpose?: string
  /** What it is for: a disk of a machine (`images`, the default) or a volume of a container. The storage has to take it. */
  readonly content?: 'images' | 'rootdir'
}

/** For a volume that maps nothing at first. */
export interface OverlayWish extends Omit<CopyWish, 'source'> {
  /** Or how large it is, for what is no file and no volume. */
  readonly source: CopySource | {readonly sizeBytes: number}
}

export interface NewCopy {
  /** The id of the volume that the steps make. */
  readonly volume: string
  readonly id: VolumeId
  readonly storage: Storage
  readonly format: Format
  readonly sizeBytes: number
}

/**
 * A new volume like the source, filled from it. What is missing of its last 4 KiB is added, so that a guest can use it whatever was copied.
 * @throws NotFoundError, InvalidInputError for a storage that takes no disks, a format that it has not, or a source that is no disk
 */
export async function copyVolumeSteps(wish: CopyWish, context: Context): Promise<NewCopy & {readonly steps: readonly Step[]}> {
  const facts = await sourceFacts(wish.source, context)
  const made = await newVolumeStep(wish, {...facts, sizeBytes: wholeBlocks(facts.sizeBytes)}, context)
  return {...made, steps: [made.step, {do: await copyAction(wish, made, context)}]}
}

/** A new volume as large as the source to the byte, empty: for those that fill it another way, such as a mirror job. @throws as copyVolumeSteps */
export async function likeVolumeStep(wish: CopyWish, context: Context): Promise<NewCopy & {readonly step: Step}> {
  return newVolumeStep(wish, await sourceFacts(wish.source, context), context)
}

/**
 * A new qcow2 volume that has nothing of the source yet, for a guest that reads what it lacks from the source and fills it while it runs.
 * @throws UnsupportedError for a storage or a format that cannot tell what is filled; as copyVolumeSteps
 */
export async function overlayVolumeStep(wish: OverlayWish, context: Context): Promise<NewCopy & {readonly step: Step}> {
  const {traits} = await openStorage(wish.storage, context)
  if (!traits.formats.includes('qcow2')) {
    throw new UnsupportedError(`the storage '${wish.storage}' has raw volumes only, which cannot tell what of an image is in them yet`, {
      data: {storage: wish.storage}, nextSteps: ['Name a storage that keeps disks as files, and move the disks later: qm disk move.', 'Or let all be copied first, and start then.'],
    })
  }
  if (wish.format !== undefined && wish.format !== 'qcow2') {
    throw new UnsupportedError(`a disk of format ${wish.format} cannot tell what of an image is in it yet`, {nextSteps: ['Leave --format out or say qcow2, and change it later: qm disk move.']})
  }
  const facts = 'sizeBytes' in wish.source ? {sizeBytes: wish.source.sizeBytes, format: 'raw', isForeign: true} : await sourceFacts(wish.source, context)
  return newVolumeStep({...wish, format: 'qcow2'}, {...facts, sizeBytes: wholeBlocks(facts.sizeBytes)}, context, {mapsNothing: true})
}

async function newVolumeStep(wish: Omit<CopyWish, 'source'>, facts: SourceFacts, context: Context, more: Pick<NewVolume, 'mapsNothing'> = {}): Promise<NewCopy & {readonly step: Step}> {
  const storage = await openStorage(wish.storage, context)
  const {content = 'images'} = wish
  if (!storage.traits.defaultContent.includes(content)) {
    throw new InvalidInputError(`the storage '${wish.storage}' is not for ${content === 'images' ? 'disk images' : 'containers'}`, {storage: `has not the content type ${content}`}, {
      nextSteps: [`Allow them: pvesm set ${wish.storage} --content ${[content, ...storage.traits.defaultContent].join(',')}`],
    })
  }
  const format = formatOn(storage, wish.format, facts)
  const {vmid, purpose, taken = []} = wish
  const prefix = `${wish.storage}:`
  const names = taken.filter((volume) => volume.startsWith(prefix)).map((volume) => volume.slice(prefix.length))
  const {sizeBytes} = facts
  const {id, step} = await createVolumeStep(storage, {vmid, format, sizeBytes, ...more, ...(purpose === undefined ? {} : {purpose})}, names)
  return {volume: formatVolumeId(id), id, storage, format, sizeBytes, step}
}

interface SourceFacts {
  readonly sizeBytes: number
  readonly format: string
  /** No volume that a guest has used, but an image that comes from elsewhere. */
  readonly isForeign: boolean
}

async function sourceFacts(given: CopySource, context: Context): Promise<SourceFacts> {
  const source = await fileOfImport(given, context)
  if ('path' in source) return {...await readImageFile(source.path, context.host, source.format, source.part), isForeign: true}
  const {storage, id} = await openVolume(source.volume, context)
  const {format} = storage.blockSource(id)
  // A snapshot of a disk that has grown since is read as large as the disk is now; qemu-img knows no other size of it.
  const {sizeBytes} = await storage.volume(id)
  return {sizeBytes, format, isForeign: false}
}

/**
 * A VMDK image has no snapshots and cannot grow, so what comes from elsewhere only becomes one when it is asked for.
 * @throws InvalidInputError for a format that the storage has not
 */
function formatOn({config, traits}: Storage, wish: Format | undefined, source: Pick<SourceFacts, 'format' | 'isForeign'>): Format {
  const known: readonly Format[] = traits.formats.filter((format) => format !== 'subvol')
  const isKept = !(source.isForeign && source.format === 'vmdk')
  const format = wish ?? (isKept ? known.find((name) => name === source.format) : undefined) ?? traits.defaultFormat
  if (known.includes(format)) return format
  throw new InvalidInputError(`the storage '${config.storage}' has no images of the format '${format}'; it has ${known.join(', ')}`, {format: `must be one of ${known.join(', ')}`})
}

async function copyAction(wish: CopyWish, made: NewCopy, context: Context): Promise<VolumeCopy> {
  const {source, bandwidthKib, isSourceInUse, purpose} = wish
  const options = {
    ...(bandwidthKib === undefined || bandwidthKib === 0 ? {} : {bandwidthKib}),
    ...(isSourceInUse === true ? {isSourceInUse} : {}),
    ...(made.storage.traits.readsZerosWhenNew ? {isTargetZero: true} : {}),
  }
  const target = made.storage.imageName(made.id)
  const argv = convertArgv({source: await plannedSource(source, context), target, ...options})
  const commands = [argv, ...(target.options === undefined && target.path.startsWith('/') ? [syncArgv(target.path)] : [])]
  return {kind: 'volume.copy', source, target: made.volume, sizeBytes: made.sizeBytes, ...options, ...(purpose === undefined ? {} : {purpose}), commands}
}

async function plannedSource(given: CopySource, context: Context): Promise<ConvertSource> {
  const source = await fileOfImport(given, context)
  if ('path' in source) return {...source, standsAlone: true}
  const {storage, id} = await openVolume(source.volume, context)
  await storage.locate?.(id)
  return storage.imageName(id, source.snapshot)
}
