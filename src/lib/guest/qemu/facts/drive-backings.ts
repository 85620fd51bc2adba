// Where the data of a guest's drives is: volumes of storages, paths on the host, the host's own CD-ROM drive.
import {InvalidInputError, NotFoundError, UnsupportedError} from '../../../base/index.ts'
import type {FileStat} from '../../../host/index.ts'
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
    backings[key] = await backingOf(drive, context)
  }
  return backings
}

async function backingOf(drive: Drive, context: StorageContext): Promise<DriveBacking> {
  if (drive.file === 'cdrom') return {source: {protocol: {driver: 'host_cdrom', filename: cdromDevice}, format: 'raw'}}
  if (drive.file.startsWith('/')) return pathBacking(drive, (await context.host.files.stat(drive.file, {followLinks: true}))?.kind)
  const {storage, id} = await openVolume(drive.file, context)
  return volumeBacking(drive, id, storage)
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
