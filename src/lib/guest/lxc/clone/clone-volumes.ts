// The volumes of a clone: which are copied and which stand on their base, and the steps that make them. It looks at storages and changes nothing. Under the
// locks of the storages: names are chosen here.
import {ConflictError, UnsupportedError} from '../../../base/index.ts'
import {copyBandwidth, formatVolumeId, linkedCloneStep, openVolume, parseVolumeId} from '../../../storage/index.ts'
import type {Context, Step} from '../../../tasks/index.ts'
import {mountPoints, withVolume} from '../config/index.ts'
import type {IdMap} from '../config/index.ts'
import {planVolumeCopy} from '../volumes/copy.ts'
import type {PlannedCopy} from '../volumes/copy.ts'
import {sizeText} from '../volumes.ts'

export interface CloneVolumes {
  readonly sourceVmid: number
  /** The new container, and who its root is. */
  readonly vmid: number
  readonly map: IdMap
  /** The values of the source: those in force, or those of a snapshot. */
  readonly values: Readonly<Record<string, string>>
  /** The volumes as they were then, which is also how those of a running container are copied. */
  readonly snapshot?: string | undefined
  readonly isFull: boolean
  /** For full clones; each volume's own storage when absent. */
  readonly storage?: string | undefined
  readonly bandwidthKib?: number | undefined
}

export interface ClonedVolumes {
  /** The volumes as they are to be stored. */
  readonly values: Readonly<Record<string, string>>
  readonly create: readonly Step[]
  readonly fill: readonly Step[]
}

interface SourceVolume { readonly key: string; readonly volume: string; readonly storage: string }

/**
 * Pure: the volumes of the source, with the storage of each one's copy.
 * @throws UnsupportedError naming a mount point that is no volume
 */
export function volumesToClone({values, isFull, storage}: Pick<CloneVolumes, 'values' | 'isFull' | 'storage'>): SourceVolume[] {
  return mountPoints(values).map(({key, type, source}) => {
    if (type !== 'volume') {
      throw new UnsupportedError(`${key}: '${source}' is of the host, not a volume of a storage, and cannot be cloned`, {nextSteps: ['Take it out of the source first, or make it a volume.'], data: {key}})
    }
    return {key, volume: source, storage: (isFull ? storage : undefined) ?? parseVolumeId(source).storage}
  })
}

/** The storages on which the clone gets new volumes; their locks are needed for that. */
export function storagesOfClone(request: Pick<CloneVolumes, 'values' | 'isFull' | 'storage'>): string[] {
  return [...new Set(volumesToClone(request).map(({storage}) => storage))]
}

/** @throws InvalidInputError, NotFoundError, UnavailableError, UnsupportedError naming the volume */
export async function planCloneVolumes(request: CloneVolumes, context: Context): Promise<ClonedVolumes> {
  const values: Record<string, string> = {}
  const create: Step[] = []
  const fill: Step[] = []
  const taken: string[] = []
  for (const source of volumesToClone(request)) {
    const made = request.isFull ? await copiedVolume(source, request, taken, context) : await linkedVolume(source, request, taken, context)
    taken.push(made.volume)
    values[source.key] = withVolume(source.key, request.values[source.key] ?? '', made.volume, sizeText(made.sizeBytes))
    create.push(...made.create)
    fill.push(...made.fill)
  }
  return {values, create, fill}
}

async function copiedVolume({key, volume, storage}: SourceVolume, {vmid, map, snapshot, bandwidthKib: asked}: CloneVolumes, taken: readonly string[], context: Context): Promise<PlannedCopy> {
  const bandwidthKib = Math.ceil(await copyBandwidth('clone', [parseVolumeId(volume).storage, storage], asked, context))
  return planVolumeCopy({key, source: {volume, ...(snapshot === undefined ? {} : {snapshot})}, storage, vmid, map, taken, bandwidthKib}, context)
}

async function linkedVolume({key, volume}: SourceVolume, {sourceVmid, vmid}: CloneVolumes, taken: readonly string[], context: Context): Promise<PlannedCopy> {
  const {storage, id: base} = await openVolume(volume, context)
  const {format, isBase} = storage.parseName(base.name)
  const nextSteps = [`Make a full clone: pct clone ${sourceVmid} ${vmid} --full`]
  if (!isBase) throw new ConflictError(`${key}: ${volume} is no base, so it can only be copied`, {nextSteps, data: {key}})
  const names = taken.filter((name) => name.startsWith(`${base.storage}:`)).map((name) => name.slice(base.storage.length + 1))
  const {id, sizeBytes, step} = await linkedCloneStep(storage, base, {vmid, purpose: key}, names)
  // On a plain folder a clone would be a qcow2 image, which containers do not use.
  if (storage.parseName(id.name).format !== format) throw new UnsupportedError(`${key}: storage '${base.storage}' (${storage.config.type}) has no linked clones of ${format} volumes`, {nextSteps, data: {key}})
  return {volume: formatVolumeId(id), sizeBytes, create: [step], fill: []}
}
