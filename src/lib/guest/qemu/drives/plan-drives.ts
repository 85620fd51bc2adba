// From what drive options ask for to what is stored in the configuration, and the steps that make the new volumes. It looks at
// storages and changes nothing. It must be called under the guest's lock: the names of new volumes are chosen here.
import {AppError, ForbiddenError, InvalidInputError} from '../../../base/index.ts'
import {formatSize} from '../../../spec/index.ts'
import {createVolumeStep, formatVolumeId, openStorage, openVolume} from '../../../storage/index.ts'
import type {Format, Storage, Volume} from '../../../storage/index.ts'
import type {Context, Step} from '../../../tasks/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {canonicalProperties} from '../config-values.ts'
import {assertCdromBus, cloudInitDriveOf, cloudInitDriveText, newCloudInitDrive} from '../cloud-init/index.ts'
import {isCloudInitDrive, readDrive} from '../config/drives.ts'
import {referencedVolumes} from '../pending.ts'
import type {DriveText} from './drive-text.ts'
import {formatDriveText, isCdromText, isUnusedKey, parseDriveText} from './drive-text.ts'
import {readDriveSource} from './drive-source.ts'
import {guestOfImport, planImportedDrive, readImportWish} from './import-source.ts'
import {fillEfiVars, planEfiVars} from './efi-vars.ts'
import {formatTpmState, planTpmState, tpmStateBytes} from './tpm-state.ts'

export interface DriveRequest {
  readonly vmid: number
  /** The drive options by key, as they were given. */
  readonly drives: Readonly<Record<string, string>>
  /** The configuration so far: its volumes' names are spoken for. */
  readonly config?: GuestConfig
}

export interface PlannedDrives {
  /** The drives as they are to be stored. */
  readonly values: Readonly<Record<string, string>>
  /** The steps that make new volumes, each with its undo. */
  readonly steps: readonly Step[]
}

/**
 * Plans all drives of one command.
 * @throws InvalidInputError, ForbiddenError, NotFoundError, UnavailableError, UnsupportedError naming the drive
 */
export async function planDrives(request: DriveRequest, context: Context): Promise<PlannedDrives> {
  const values: Record<string, string> = {}
  const steps: Step[] = []
  const created: string[] = []
  for (const key of Object.keys(request.drives).sort()) {
    const planned = await namingDrive(key, () => planDrive(key, request.drives[key] as string, {...request, created}, context))
    values[key] = planned.value
    steps.push(...planned.steps)
    if (planned.created !== undefined) created.push(planned.created)
  }
  return {values, steps}
}

interface PlannedDrive {
  readonly value: string
  readonly steps: readonly Step[]
  readonly created?: string
}

async function planDrive(key: string, value: string, request: DriveRequest & CreatedVolumes, context: Context): Promise<PlannedDrive> {
  if (isUnusedKey(key)) return {value: await unusedVolume(key, value, request.vmid, context), steps: []}
  const wish = readImportWish(key, value)
  if (wish !== undefined) {
    const drive = canonicalDrive(key, wish.rest)
    const taken = [...request.created, ...(request.config === undefined ? [] : referencedVolumes(request.config))]
    const made = await planImportedDrive({vmid: request.vmid, key, drive, wish, taken}, context)
    return {value: formatDriveText(made.drive), steps: made.steps, created: made.volume}
  }
  const drive = canonicalDrive(key, value)
  const source = readDriveSource(key, drive.file)
  switch (source.kind) {
    case 'empty': return {value: formatDriveText({file: drive.file, options: without(drive.options, 'size', 'format')}), steps: []}
    case 'path': return {value: formatDriveText(await checkedPath(key, drive, context)), steps: []}
    case 'volume': return {value: formatDriveText(await existingVolume(key, drive, request.vmid, context)), steps: []}
    case 'cloud-init': return cloudInitDrive({...request, key, drive, source}, context)
    case 'new': {
      const made = await newVolume({...request, key, drive, source}, context)
      return {value: formatDriveText(made.drive), steps: made.steps, created: made.drive.file}
    }
  }
}

/** What goes wrong with a storage or a volume says for which drive it was wanted. */
export async function namingDrive<T>(key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AppError) || error.message.includes(key)) throw error
    const message = `${key}: ${error.message}`
    const {nextSteps, data, cause} = error
    throw error instanceof InvalidInputError ? new InvalidInputError(message, {[key]: error.message}, {nextSteps, cause}) : new AppError(error.kind, message, {nextSteps, data, cause})
  }
}

/** The drive with every property checked and in the form in which it is stored (booleans as 1 and 0). */
function canonicalDrive(key: string, value: string): DriveText {
  const drive = parseDriveText(canonicalProperties(key, value))
  const isTray = drive.file === 'none' || drive.file === 'cdrom'
  const whole = isTray ? {...drive, options: {...drive.options, media: 'cdrom'}} : drive
  readDrive(key, formatDriveText(whole))
  return whole
}

async function checkedPath(key: string, drive: DriveText, context: Context): Promise<DriveText> {
  if (!context.caller.isRoot) throw new ForbiddenError(`${key}: only root may use a path instead of a volume`)
  const stat = await context.host.files.stat(drive.file, {followLinks: true})
  if (stat === undefined || (stat.kind !== 'file' && stat.kind !== 'block')) {
    throw new InvalidInputError(`${key}: '${drive.file}' is neither a file nor a block device`, {[key]: 'names no file or block device'})
  }
  return {file: drive.file, options: without(drive.options, 'size')}
}

async function existingVolume(key: string, drive: DriveText, vmid: number, context: Context): Promise<DriveText> {
  if (isCloudInitDrive(drive)) assertCdromBus(key)
  const {storage, id} = await openVolume(drive.file, context)
  const volume = await storage.volume(id)
  assertUsableBy(key, volume, drive, vmid)
  if (isCloudInitDrive(drive)) return parseDriveText(cloudInitDriveText(drive.file))
  const media = volume.content === 'iso' ? {media: 'cdrom'} : {}
  return {file: drive.file, options: {...without(drive.options, 'format'), ...media, size: formatSize(volume.sizeBytes)}}
}

/** A volume of the guest that is put among its unused disks. */
async function unusedVolume(key: string, value: string, vmid: number, context: Context): Promise<string> {
  const {file} = parseDriveText(canonicalProperties(key, value))
  const {storage, id} = await openVolume(file, context)
  const volume = await storage.volume(id)
  if (volume.content !== 'images' || volume.vmid !== vmid) {
    throw new InvalidInputError(`${key}: '${file}' is not a disk of virtual machine ${vmid}`, {[key]: 'is not a disk of this machine'})
  }
  return file
}

function assertUsableBy(key: string, volume: Volume, drive: DriveText, vmid: number): void {
  if (volume.content !== 'images' && volume.content !== 'iso') {
    throw new InvalidInputError(`${key}: '${drive.file}' is neither a disk image nor an ISO image`, {[key]: `is a volume for '${volume.content}'`})
  }
  if (volume.content === 'iso' && (drive.options['media'] === 'disk' || key.startsWith('virtio') || key === 'efidisk0' || key === 'tpmstate0')) {
    throw new InvalidInputError(`${key}: the ISO image '${drive.file}' can only be in a CD-ROM drive on ide, sata or scsi`, {[key]: 'cannot hold an ISO image'})
  }
  if (volume.vmid !== undefined && volume.vmid !== vmid) {
    throw new InvalidInputError(`${key}: the volume '${drive.file}' belongs to guest ${volume.vmid}`, {[key]: 'belongs to another guest'})
  }
}

interface CreatedVolumes {
  /** Volumes of other drives of the same command. */
  readonly created: readonly string[]
}

interface NewVolumeRequest extends DriveRequest, CreatedVolumes {
  readonly key: string
  readonly drive: DriveText
  readonly source: {readonly storage: string; readonly sizeBytes: number}
}

async function newVolume(request: NewVolumeRequest, context: Context): Promise<{drive: DriveText; steps: readonly Step[]}> {
  const {key, drive, source, vmid} = request
  if (isCdromText(drive)) throw new InvalidInputError(`${key}: a new volume cannot be a CD; name an ISO image`, {[key]: 'media=cdrom needs an ISO image'})
  const storage = await storageForNewVolume(key, source.storage, context)
  const efiVars = key === 'efidisk0' ? await planEfiVars(drive, context) : undefined
  const tpm = key === 'tpmstate0' ? await planTpmState(drive, context) : undefined
  const format = chosenFormat(key, tpm === undefined ? drive.options['format'] : 'raw', storage)
  const sizeBytes = tpm === undefined ? efiVars?.sizeBytes ?? source.sizeBytes : tpmStateBytes
  const {id, step} = await createVolumeStep(storage, {vmid, format, sizeBytes, purpose: key}, namesOn(storage.config.storage, request))
  const volume = formatVolumeId(id)
  return {
    drive: {file: volume, options: {...without(drive.options, 'format'), ...efiVars?.options, ...tpm?.options, size: formatSize(sizeBytes)}},
    steps: [
      step,
      ...(efiVars === undefined ? [] : [{do: fillEfiVars(efiVars, {volume, path: storage.path(id), format})}]),
      ...(tpm === undefined ? [] : [{do: formatTpmState({vmid, volume, path: storage.path(id), version: tpm.version})}]),
    ],
  }
}

interface CloudInitRequest extends DriveRequest, CreatedVolumes {
  readonly key: string
  readonly drive: DriveText
  readonly source: {readonly storage: string}
}

/** A guest has one drive for cloud-init; asked for once more where it is, it stays. */
async function cloudInitDrive({vmid, key, drive, source, config, drives}: CloudInitRequest, context: Context): Promise<PlannedDrive> {
  const others = Object.keys(drives).filter(other => other !== key && /^[^:/\s]+:cloudinit(?:,|$)/.test(drives[other] ?? ''))
  if (others.length > 0) throw new InvalidInputError(`${key}: a machine has one cloud-init drive, and '${others.join("', '")}' asks for one as well`, {[key]: 'asks for a second cloud-init drive'})
  const there = config === undefined ? undefined : cloudInitDriveOf({...config.current.values, ...config.pending})
  if (there !== undefined && there.key !== key) {
    throw new InvalidInputError(`${key}: virtual machine ${vmid} has a cloud-init drive already, at '${there.key}'`, {[key]: `there is one at '${there.key}'`}, {nextSteps: [`Take it away first: qm set ${vmid} --delete ${there.key}`]})
  }
  const format = drive.options['format'] as Format | undefined
  if (there !== undefined && there.volume.startsWith(`${source.storage}:`)) {
    const {storage, id} = await openVolume(there.volume, context)
    if (format === undefined || storage.parseName(id.name).format === format) return {value: cloudInitDriveText(there.volume), steps: []}
  }
  const storage = await storageForNewVolume(key, source.storage, context)
  const {volume, value, step} = await newCloudInitDrive({vmid, key, storage, ...(format === undefined ? {} : {format})})
  return {value, steps: [step], created: volume}
}

/** @throws NotFoundError, UnavailableError, InvalidInputError for a storage that is not for disk images */
export async function storageForNewVolume(key: string, storageId: string, context: Context): Promise<Storage> {
  const storage = await openStorage(storageId, context)
  if (!storage.traits.defaultContent.includes('images')) {
    throw new InvalidInputError(`${key}: the storage '${storageId}' is not for disk images`, {[key]: 'names a storage without the content type images'}, {
      nextSteps: [`Allow them: pvesm set ${storageId} --content ${['images', ...storage.traits.defaultContent].join(',')}`],
    })
  }
  return storage
}

function chosenFormat(key: string, wish: string | undefined, {config, traits}: Storage): Format {
  const format = (wish ?? traits.defaultFormat) as Format
  if (traits.formats.includes(format) && format !== 'subvol') return format
  const known = traits.formats.filter(name => name !== 'subvol').join(', ')
  throw new InvalidInputError(`${key}: the storage '${config.storage}' has no images of the format '${format}'; it has ${known}`, {[`${key}.format`]: `must be one of ${known}`})
}

/** Names on this storage that are spoken for: by the configuration, even if the volume is gone, and by this very command. */
function namesOn(storageId: string, {config, created}: NewVolumeRequest): string[] {
  const volumes = [...created, ...(config === undefined ? [] : referencedVolumes(config))]
  return volumes.filter(volume => volume.startsWith(`${storageId}:`)).map(volume => volume.slice(storageId.length + 1))
}

/** The properties of a drive without some of them. */
export function without(options: Readonly<Record<string, string>>, ...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name)))
}

/** The storages on which these drives make new volumes; their locks are needed for that. */
export function storagesOfNewVolumes(drives: Readonly<Record<string, string>>): readonly string[] {
  const storages = new Set<string>()
  for (const [key, value] of Object.entries(drives)) {
    const wish = readImportWish(key, value)
    if (wish !== undefined) storages.add(wish.storage)
    const source = wish === undefined ? readDriveSource(key, parseDriveText(value).file) : {kind: 'import'} as const
    if (source.kind === 'new' || source.kind === 'cloud-init') storages.add(source.storage)
  }
  return [...storages]
}

/** The guests whose disks are imported by these drives; their locks keep them as they are meanwhile. */
export function guestsOfImports(drives: Readonly<Record<string, string>>): readonly number[] {
  return Object.entries(drives).flatMap(([key, value]) => {
    const wish = readImportWish(key, value)
    const owner = wish === undefined ? undefined : guestOfImport(wish)
    return owner === undefined ? [] : [owner]
  })
}
