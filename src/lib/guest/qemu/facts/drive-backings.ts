// Where the data of a guest's drives is: volumes of storages, paths on the host, the host's own CD-ROM drive.
import {InvalidInputError, NotFoundError, UnsupportedError} from '../../../base/index.ts'
import type {FileStat, Host} from '../../../host/index.ts'
import {openVolume} from '../../../storage/index.ts'
import type {BlockSource, Content, Storage, StorageContext, VolumeId} from '../../../storage/index.ts'
import type {DriveBacking} from '../arguments/index.ts'
import {driveKeys, isCdrom, readDrive} from '../config/index.ts'
import type {Drive} from '../config/index.ts'

/** The host's own CD-ROM drive, as udev names it. */
export const cdromDevice = '/dev/cdrom'

/**
 * Changes nothing: volumes are made ready by the steps of a start.
 * @throws NotFoundError for a path that is not there, InvalidInputError for a volume that its storage is not for
 */
export async function gatherDriveBackings(values: Readonly<Record<string, string>>, context: StorageContext): Promise<Record<string, DriveBacking>> {
  const backings: Record<string, DriveBacking> = {}
  for (const key of [...driveKeys, 'efidisk0']) {
    const text = values[key]
    if (text === undefined) continue
    const drive = readDrive(key, text)
    if (drive.file === 'none') continue
    backings[key] = await driveBacking(drive, context)
  }
  return backings
}

/** One of them. @throws as gatherDriveBackings */
export async function driveBacking(drive: Drive, context: StorageContext): Promise<DriveBacking> {
  if (drive.file === 'cdrom') return {source: {protocol: {driver: 'host_cdrom', filename: cdromDevice}, format: 'raw'}}
  if (drive.file.startsWith('/')) return deviceBacking(drive, context)
  const {storage, id} = await openVolume(drive.file, context)
  await storage.locate?.(id)
  return volumeBacking(drive, id, storage)
}

/** A path; for SCSI drives also what SCSI device of the host it is, if any. */
async function deviceBacking(drive: Drive, {host}: Pick<StorageContext, 'host'>): Promise<DriveBacking> {
  const kind = (await host.files.stat(drive.file, {followLinks: true}))?.kind
  const backing = pathBacking(drive, kind)
  if (drive.interface !== 'scsi' || (kind !== 'block' && kind !== 'character')) return backing
  const scsiType = await readScsiType(drive.file, host)
  if (drive.scsiblock === true && scsiType !== 0) {
    throw new InvalidInputError(`'scsiblock' of '${drive.key}' is for SCSI disks of the host, and '${drive.file}' is none`, {[`${drive.key}.scsiblock`]: 'needs a SCSI disk'})
  }
  return {...backing, scsiType}
}

/** The SCSI peripheral type of a device of the host (SPC: 0 disk, 1 tape, 5 CD-ROM); undefined for what is no SCSI device. */
async function readScsiType(path: string, {files}: Pick<Host, 'files'>): Promise<number | undefined> {
  const name = (await files.realPath(path)).split('/').at(-1) ?? ''
  for (const group of ['block', 'scsi_generic', 'scsi_tape']) {
    const file = `/sys/class/${group}/${name}/device/type`
    if (await files.stat(file) === undefined) continue
    const type = /^\d{1,2}$/.exec((await files.readText(file, 64)).trim())?.[0]
    return type === undefined ? undefined : Number(type)
  }
  return undefined
}

/**
 * How QEMU opens a volume. Looks at nothing but names.
 * @throws InvalidInputError when the storage is not meant for such volumes
 */
export function volumeBacking(drive: Pick<Drive, 'key'>, id: VolumeId, storage: Storage): DriveBacking {
  const name = storage.parseName(id.name)
  const allowed: readonly Content[] = storage.traits.defaultContent
  if (!allowed.includes(name.content)) {
    throw new InvalidInputError(
      `the storage '${id.storage}' of '${drive.key}' is not for ${name.content}`,
      {[drive.key]: `its storage is not for ${name.content}`},
      {nextSteps: [`pvesm set ${id.storage} --content ${[...allowed, name.content].join(',')}`]},
    )
  }
  return {source: storage.blockSource(id), storage: {type: storage.config.type, content: name.content, options: storage.config}}
}

/**
 * A path on the host: QEMU needs to be told whether it is a device. Without `format` the data is taken as raw, never guessed from what
 * the guest may have written there.
 */
export function pathBacking(drive: Drive, kind: FileStat['kind'] | undefined): DriveBacking {
  if (kind === undefined) throw new NotFoundError(`'${drive.file}' of '${drive.key}' is not there`, {data: {key: drive.key}})
  if (kind !== 'file' && kind !== 'block' && kind !== 'character') {
    throw new InvalidInputError(`'${drive.file}' of '${drive.key}' is neither a file nor a device`, {[drive.key]: 'is neither a file nor a device'})
  }
  const driver = kind === 'file' ? 'file' : isCdrom(drive) ? 'host_cdrom' : 'host_device'
  return {source: {protocol: {driver, filename: drive.file}, format: pathFormat(drive)}}
}

function pathFormat(drive: Drive): BlockSource['format'] {
  const format = drive.format ?? 'raw'
  if (format === 'raw' || format === 'qcow2' || format === 'vmdk') return format
  throw new UnsupportedError(`images of the format '${format}' are not supported; '${drive.key}' has one`, {data: {key: `${drive.key}.format`}})
}
