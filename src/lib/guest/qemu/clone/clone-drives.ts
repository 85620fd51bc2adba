// The drives of a clone: which are copied, which stand on their base, which are taken over as they are, and the steps that make the new
// volumes. It looks at storages and changes nothing. It must be called under the locks of the storages: names are chosen here.
import {AppError, ConflictError, UnsupportedError} from '../../../base/index.ts'
import {formatSize} from '../../../spec/index.ts'
import {copyBandwidth, copyVolumeSteps, formatVolumeId, likeVolumeStep, linkedCloneStep, openVolume, parseVolumeId} from '../../../storage/index.ts'
import type {CopyWish, Format} from '../../../storage/index.ts'
import type {Context, Step} from '../../../tasks/index.ts'
import {freezeSteps} from '../agent/index.ts'
import {endMirrorsStep, mirrorStep, planMirror} from '../block-jobs/index.ts'
import type {DriveMirror} from '../block-jobs/index.ts'
import {newCloudInitDrive} from '../cloud-init/index.ts'
import {isCloudInitDrive, isDriveKey} from '../config/index.ts'
import type {DriveText} from '../drives/drive-text.ts'
import {formatDriveText, isCdromText, parseDriveText, volumeOf} from '../drives/drive-text.ts'
import {namingDrive, storageForNewVolume, without} from '../drives/plan-drives.ts'

export interface CloneDrives {
  readonly sourceVmid: number
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
  /** `cloud-init`: a new one, which is written when the clone starts. */
  | {readonly fate: 'copy' | 'link' | 'cloud-init'; readonly volume: string; readonly storage: string}

export interface ClonedDrives {
  /** The drives as they are to be stored. */
  readonly values: Readonly<Record<string, string>>
  /** Makes the new volumes, which is quickly done. */
  readonly create: readonly Step[]
  /** Fills them. */
  readonly copy: readonly Step[]
}

/** Whether the disks are copied by the QEMU that has them open. */
export function isCopiedLive({isRunning, snapshot}: Pick<CloneDrives, 'isRunning' | 'snapshot'>): boolean {
  return isRunning && snapshot === undefined
}

/**
 * Pure: what becomes of each drive.
 * @throws UnsupportedError, ConflictError naming a drive that cannot be cloned
 */
export function driveFates(request: CloneDrives): Readonly<Record<string, DriveFate>> {
  const {values, isFull, storage} = request
  const fates: Record<string, DriveFate> = {}
  const storageFor = (volume: string): string => (isFull ? storage : undefined) ?? parseVolumeId(volume).storage
  for (const [key, text] of Object.entries(values)) {
    if (!isDriveKey(key)) continue
    const drive = parseDriveText(text)
    const isCloudInit = isCloudInitDrive(drive)
    if (isCdromText(drive) && !isCloudInit) { fates[key] = {fate: 'keep'}; continue }
    const volume = volumeOf(drive)
    if (volume === undefined) {
      throw new UnsupportedError(`${key}: '${drive.file}' is a path, not a volume of a storage, and cannot be cloned`, {nextSteps: ['Take it out of the source first, or make it a volume.']})
    }
    if (isCloudInit) { fates[key] = {fate: 'cloud-init', volume, storage: storageFor(volume)}; continue }
    if (key === 'tpmstate0' && isCopiedLive(request)) {
      throw new ConflictError('tpmstate0: the state of a TPM cannot be copied while it is in use', {nextSteps: ['Shut the source down first.']})
    }
    // swtpm knows no image format, so its state cannot stand on a base.
    const isCopied = isFull || key === 'tpmstate0'
    fates[key] = {fate: isCopied ? 'copy' : 'link', volume, storage: storageFor(volume)}
  }
  return fates
}

/** The storages on which the clone gets new volumes; their locks are needed for that. */
export function storagesOfClone(request: CloneDrives): readonly string[] {
  const fates = Object.values(driveFates(request))
  return [...new Set(fates.flatMap((fate) => (fate.fate === 'keep' ? [] : [fate.storage])))]
}

/** Those that are read and those that are written: the slowest limit of them holds. */
function storagesOfCopies(request: CloneDrives): readonly string[] {
  const copies = Object.values(driveFates(request)).flatMap((fate) => (fate.fate === 'copy' ? [parseVolumeId(fate.volume).storage, fate.storage] : []))
  return [...new Set(copies)]
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
  const mirrors: DriveMirror[] = []
  const kinds = {link: linkedDrive, copy: isCopiedLive(request) ? mirroredDrive : copiedDrive}
  for (const [key, fate] of Object.entries(driveFates(request))) {
    const drive = parseDriveText(request.values[key] as string)
    if (fate.fate === 'keep') { values[key] = request.values[key] as string; continue }
    if (fate.fate === 'cloud-init') {
      const made = await namingDrive(key, async () => newCloudInitDrive({vmid: request.vmid, key, storage: await storageForNewVolume(key, fate.storage, context)}))
      values[key] = made.value
      create.push(made.step)
      continue
    }
    const {fate: kind} = fate
    const made = await namingDrive(key, () => kinds[kind]({key, fate, request, taken}, context))
    taken.push(made.volume)
    values[key] = formatDriveText(clonedDrive(drive, made))
    create.push(made.create)
    copy.push(...made.copy)
    if (made.mirror !== undefined) mirrors.push(made.mirror)
  }
  return {values, create, copy: [...copy, ...mirrors.length === 0 ? [] : await mirrorSteps(mirrors, request, context)]}
}

/** All disks at one moment: the guest is held for it, and its file systems are whole where its agent can see to that. */
async function mirrorSteps(mirrors: readonly DriveMirror[], request: CloneDrives, context: Context): Promise<Step[]> {
  const {sourceVmid, values} = request
  const bandwidthKib = await copyBandwidth('clone', storagesOfCopies(request), request.bandwidthKib, context)
  const {freeze, thaw} = freezeSteps(sourceVmid, values)
  // Held even when it is frozen: what freezes is the guest's own goodwill.
  return [mirrorStep(sourceVmid, mirrors, 'background', bandwidthKib), ...freeze, await endMirrorsStep(sourceVmid, mirrors, false, context), ...thaw]
}

function clonedDrive(drive: DriveText, made: Pick<NewDrive, 'volume' | 'sizeBytes'>): DriveText {
  return {file: made.volume, options: {...without(drive.options, 'format'), size: formatSize(made.sizeBytes)}}
}

interface NewDrive {
  readonly volume: string
  readonly sizeBytes: number
  readonly create: Step
  readonly copy: readonly Step[]
  readonly mirror?: DriveMirror
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

async function copyWish({key, fate, request, taken}: DriveRequest, context: Context): Promise<CopyWish> {
  const {snapshot, format, isRunning, vmid} = request
  const bandwidthKib = await copyBandwidth('clone', [parseVolumeId(fate.volume).storage, fate.storage], request.bandwidthKib, context)
  const source = {volume: fate.volume, ...(snapshot === undefined ? {} : {snapshot})}
  const wished = key === 'tpmstate0' ? 'raw' : format
  return {
    source, storage: fate.storage, vmid, taken, purpose: key,
    ...(wished === undefined ? {} : {format: wished}), bandwidthKib, ...(isRunning ? {isSourceInUse: true} : {}),
  }
}

async function mirroredDrive(drive: DriveRequest, context: Context): Promise<NewDrive> {
  const {key, request: {sourceVmid, values}} = drive
  const {volume, id, storage, sizeBytes, step} = await likeVolumeStep(await copyWish(drive, context), context)
  const from = values[key] as string
  const to = formatDriveText(clonedDrive(parseDriveText(from), {volume, sizeBytes}))
  const mirror = await planMirror({vmid: sourceVmid, key, from, to, target: {storage, id, volume}}, context)
  return {volume, sizeBytes, create: step, copy: [], mirror}
}

async function copiedDrive(drive: DriveRequest, context: Context): Promise<NewDrive> {
  const {volume, sizeBytes, steps: [create, ...copy]} = await copyVolumeSteps(await copyWish(drive, context), context)
  if (create === undefined) throw new AppError('internal', 'a copy without a step that makes its volume')
  return {volume, sizeBytes, create, copy}
}
