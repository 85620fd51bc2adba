// The drives of a clone: which are copied, which stand on their base, which are taken over as they are, and the steps that make the new
// volumes. It looks at storages and changes nothing. It must be called under the locks of the storages: names are chosen here.
import {AppError, ConflictError, UnsupportedError} from '../../../base/index.ts'
import {formatSize} from '../../../spec/index.ts'
import {copyVolumeSteps, formatVolumeId, linkedCloneStep, openVolume, parseVolumeId} from '../../../storage/index.ts'
import type {Format} from '../../../storage/index.ts'
import type {Context, Step} from '../../../tasks/index.ts'
import {isCloudInitDrive, isDriveKey} from '../config/index.ts'
import type {DriveText} from '../drives/drive-text.ts'
import {formatDriveText, isCdromText, parseDriveText, volumeOf} from '../drives/drive-text.ts'
import {namingDrive, without} from '../drives/plan-drives.ts'

export interface CloneDrives {
  /** The new machine. */
  readonly vmid: number
  /** The values of the source: those in force, or those of a snapshot. */
  readonly values: Readonly<Record<string, string>>
  readonly snapshot?: string | undefined
  readonly isFull: boolean
  readonly isRunning: boolean
  /** For full clones; each disk's own storage when absent. */
  readonly storage?: string | undefined
  readonly format?: Format | undefined
  readonly bandwidthKib?: number | undefined
}

/** What becomes of one drive of the source. */
export type DriveFate =
  | {readonly fate: 'keep'}
  | {readonly fate: 'copy' | 'link'; readonly volume: string; readonly storage: string}

export interface ClonedDrives {
  /** The drives as they are to be stored. */
  readonly values: Readonly<Record<string, string>>
  /** Makes the new volumes, which is quickly done. */
  readonly create: readonly Step[]
  /** Fills them. */
  readonly copy: readonly Step[]
}

/**
 * Pure: what becomes of each drive.
 * @throws UnsupportedError, ConflictError naming a drive that cannot be cloned
 */
export function driveFates({values, snapshot, isFull, isRunning, storage}: Omit<CloneDrives, 'vmid'>): Readonly<Record<string, DriveFate>> {
  const fates: Record<string, DriveFate> = {}
  for (const [key, text] of Object.entries(values)) {
    if (!isDriveKey(key)) continue
    const drive = parseDriveText(text)
    if (isCloudInitDrive(drive)) throw new UnsupportedError(`${key}: cloud-init drives are not cloned yet`)
    if (isCdromText(drive)) { fates[key] = {fate: 'keep'}; continue }
    const volume = volumeOf(drive)
    if (volume === undefined) {
      throw new UnsupportedError(`${key}: '${drive.file}' is a path, not a volume of a storage, and cannot be cloned`, {nextSteps: ['Take it out of the source first, or make it a volume.']})
    }
    if (key === 'tpmstate0' && isRunning && snapshot === undefined) {
      throw new ConflictError('tpmstate0: the state of a TPM cannot be copied while it is in use', {nextSteps: ['Shut the source down first.']})
    }
    // swtpm knows no image format, so its state cannot stand on a base.
    const isCopied = isFull || key === 'tpmstate0'
    fates[key] = {fate: isCopied ? 'copy' : 'link', volume, storage: isFull ? storage ?? parseVolumeId(volume).storage : parseVolumeId(volume).storage}
  }
  return fates
}

/** The storages on which the clone gets new volumes; their locks are needed for that. */
export function storagesOfClone(request: Omit<CloneDrives, 'vmid'>): readonly string[] {
  const fates = Object.values(driveFates(request))
  return [...new Set(fates.flatMap((fate) => (fate.fate === 'keep' ? [] : [fate.storage])))]
}

/**
 * Plans all drives of a clone.
 * @throws InvalidInputError, NotFoundError, UnavailableError, UnsupportedError naming the drive
 */
export async function planCloneDrives(request: CloneDrives, context: Context): Promise<ClonedDrives> {
  const values: Record<string, string> = {}
  const create: Step[] = []
  const copy: Step[] = []
  const taken: string[] = []
  for (const [key, fate] of Object.entries(driveFates(request))) {
    const drive = parseDriveText(request.values[key] as string)
    if (fate.fate === 'keep') { values[key] = request.values[key] as string; continue }
    const made = await namingDrive(key, () => (fate.fate === 'link' ? linkedDrive : copiedDrive)({key, fate, request, taken}, context))
    taken.push(made.volume)
    values[key] = formatDriveText(clonedDrive(drive, made))
    create.push(made.create)
    copy.push(...made.copy)
  }
  return {values, create, copy}
}

function clonedDrive(drive: DriveText, made: NewDrive): DriveText {
  return {file: made.volume, options: {...without(drive.options, 'format'), size: formatSize(made.sizeBytes)}}
}

interface NewDrive {
  readonly volume: string
  readonly sizeBytes: number
  readonly create: Step
  readonly copy: readonly Step[]
}

interface DriveRequest {
  readonly key: string
  readonly fate: Exclude<DriveFate, {readonly fate: 'keep'}>
  readonly request: CloneDrives
  /** Volumes of other drives of the same clone. */
  readonly taken: readonly string[]
}

async function linkedDrive({key, fate, request, taken}: DriveRequest, context: Context): Promise<NewDrive> {
  const {storage, id: base} = await openVolume(fate.volume, context)
  const names = taken.filter((volume) => volume.startsWith(`${base.storage}:`)).map((volume) => volume.slice(base.storage.length + 1))
  const {id, sizeBytes, step} = await linkedCloneStep(storage, base, {vmid: request.vmid, purpose: key}, names)
  return {volume: formatVolumeId(id), sizeBytes, create: step, copy: []}
}

async function copiedDrive({key, fate, request, taken}: DriveRequest, context: Context): Promise<NewDrive> {
  const {snapshot, format, bandwidthKib, isRunning, vmid} = request
  const source = {volume: fate.volume, ...(snapshot === undefined ? {} : {snapshot})}
  const wished = key === 'tpmstate0' ? 'raw' : format
  const {volume, sizeBytes, steps: [create, ...copy]} = await copyVolumeSteps({
    source, storage: fate.storage, vmid, taken, purpose: key,
    ...(wished === undefined ? {} : {format: wished}), ...(bandwidthKib === undefined ? {} : {bandwidthKib}), ...(isRunning ? {isSourceInUse: true} : {}),
  }, context)
  if (create === undefined) throw new AppError('internal', 'a copy without a step that makes its volume')
  return {volume, sizeBytes, create, copy}
}
