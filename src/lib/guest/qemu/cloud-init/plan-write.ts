// Plans the writing of a guest's drive for cloud-init. What would be wrong is found here, before anything is touched.
import {NotFoundError} from '../../../base/index.ts'
import {openVolume} from '../../../storage/index.ts'
import type {Format} from '../../../storage/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {guestPaths} from '../runtime/sockets.ts'
import type {WriteCloudInit} from './actions/write-cloud-init.ts'
import {cloudInitDriveBytes, cloudInitDriveOf} from './drive.ts'

export interface WriteOccasion {
  readonly isRunning: boolean
  /** The volume is made by the same plan. */
  readonly isNew?: boolean
}

/**
 * Nothing to do for a guest without such a drive.
 * @throws InvalidInputError for settings that are wrong, NotFoundError for a volume or a snippet that is not there
 */
export async function planCloudInitWrite(vmid: number, values: Readonly<Record<string, string>>, {isRunning, isNew = false}: WriteOccasion, context: Context): Promise<WriteCloudInit[]> {
  const drive = cloudInitDriveOf(values)
  if (drive === undefined) return []
  await checkCloudInit(vmid, values, context)
  const {storage, id} = await openVolume(drive.volume, context)
  await storage.activate()
  if (!isNew && !await storage.exists(id)) {
    throw new NotFoundError(`the cloud-init drive '${drive.volume}' of virtual machine ${vmid} is not there`, {nextSteps: [`Make it anew: qm cloudinit update ${vmid}`], data: {vmid, volume: drive.volume}})
  }
  return [writeAction(vmid, {...drive, path: storage.path(id), format: storage.parseName(id.name).format as Format, isRunning}, context)]
}

export function writeAction(vmid: number, target: Pick<WriteCloudInit, 'key' | 'volume' | 'path' | 'format' | 'isRunning'>, {places}: Pick<Context, 'places'>): WriteCloudInit {
  const {key, volume, path, format, isRunning} = target
  return {kind: 'guest.write-cloud-init', vmid, key, volume, path, imagePath: guestPaths(places, vmid).cloudInit, format, isRunning}
}

/** @throws InvalidInputError, NotFoundError for what the files cannot be made of */
export async function checkCloudInit(vmid: number, values: Readonly<Record<string, string>>, context: Context): Promise<void> {
  const [{cloudInitFiles}, {isoImage}] = await Promise.all([import('./generate.ts'), import('./iso-image.ts')])
  const {label, files} = await cloudInitFiles(vmid, values, context)
  isoImage(label, files, cloudInitDriveBytes)
}
