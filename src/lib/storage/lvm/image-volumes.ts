// qcow2 images in logical volumes: making, growing and measuring them. A volume is as large as its image can become when every cluster is written.
import {ConflictError, NotFoundError, ToolError, UnavailableError} from '../../base/index.ts'
import {checkBacking} from '../dir/backing.ts'
import {headerBytes, parseImageHeader} from '../dir/image-header.ts'
import {createImageArgv, createOverlayArgv, resizeImageArgv, useArgv} from '../dir/qemu-img.ts'
import type {VolumeId} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import type {DiskVolumes} from './disk-volumes.ts'
import {disksOf, volumesOf} from './disk-volumes.ts'
import type {LvmStorage} from './group.ts'
import {createLogicalVolume, extendLogicalVolume, logicalVolumes, runLvm} from './group.ts'
import {activateArgv, deactivateArgv, devicePath, refreshArgv, renameArgv, replaceTagsArgv} from './lvm-argv.ts'
import {overlayVolume, parseLvmVolumeName, sizeOfTags, sizeTag} from './naming.ts'
import {qcow2SpaceBytes} from './qcow2-space.ts'
import {removeVolume} from './removal.ts'
import type {LogicalVolume} from './report.ts'

const timeoutMs = 24 * 3600_000

/** @throws NotFoundError */
export async function diskVolumes(on: LvmStorage, id: VolumeId, name: string): Promise<DiskVolumes> {
  const found = await findDisk(on, name)
  if (found !== undefined) return found
  throw new NotFoundError(`there is no volume ${formatVolumeId(id)}`, {nextSteps: [`See what is there: pvesm list ${on.storage}`]})
}

/** Of a raw disk, lvm2 is asked for one volume. */
export async function findDisk(on: LvmStorage, name: string): Promise<DiskVolumes | undefined> {
  const found = await logicalVolumes(on, parseLvmVolumeName(name).format === 'qcow2' ? undefined : name)
  return disksOf(found).find((disk) => disk.name === name)
}

/** How large the image is for its guest: by its header or, when it is switched off, by what was written down. */
export async function virtualSizeBytes(on: LvmStorage, {name, sizeBytes, tags}: LogicalVolume): Promise<number> {
  const path = devicePath(on.group, name)
  const noted = sizeOfTags(tags) ?? sizeBytes
  if (await on.host.files.stat(path) === undefined) return noted
  try {
    return parseImageHeader('qcow2', await on.host.files.readAt(path, 0, headerBytes)).virtualSizeBytes
  } catch {
    // A damaged image still takes space and can still be removed.
    return noted
  }
}

/**
 * Switches on a disk with all that it stands on. What a killed process has left of a change of places is finished.
 * @throws NotFoundError; ForbiddenError for an image that names what is no disk of this group
 */
export async function activateDisk(on: LvmStorage, id: VolumeId, name: string): Promise<DiskVolumes> {
  const found = await diskVolumes(on, id, name)
  const isInPlace = found.head.name === name
  if (!isInPlace) await runLvm(on, renameArgv(on.group, found.head.name, name))
  const disk = isInPlace ? found : {...found, head: {...found.head, name}}
  const names = namesBelow(disk)
  await runLvm(on, activateArgv(on.group, ...names))
  if (on.options.shared) await runLvm(on, refreshArgv(on.group, ...names))
  return disk
}

/** After a writer has closed a device udev looks at it for a moment (udev(7), `watch`). */
const openPausesMs = [50, 100, 200, 400]

/** Switches off what nobody has open. In a group that hosts share, where none should have on what it does not use, one that is open is looked at again for a moment. */
export async function deactivateDisk(on: LvmStorage, name: string): Promise<void> {
  for (const pauseMs of [...(on.options.shared ? openPausesMs : []), undefined]) {
    const disk = await findDisk(on, name)
    const volumes = disk === undefined ? [] : volumesOf(disk)
    const closed = volumes.filter(({isOpen}) => !isOpen)
    if (closed.length > 0) await runLvm(on, deactivateArgv(on.group, ...closed.map((volume) => volume.name)))
    if (closed.length === volumes.length || pauseMs === undefined) return
    await on.clock.sleep(pauseMs)
  }
}

function namesBelow({head, snapshots}: DiskVolumes): string[] {
  return [head.name, ...snapshots.map(({volume}) => volume.name)]
}

/** @throws ForbiddenError for an image that names what is no disk of this group */
export async function checkImage(on: LvmStorage, name: string): Promise<void> {
  await checkBacking(on.host, devicePath(on.group, name), 'qcow2', `/dev/${on.group}`)
}

/** @throws ConflictError while a guest or a copy has it open */
export async function checkNotInUse(on: LvmStorage, id: VolumeId, disk: DiskVolumes): Promise<void> {
  if (disk.head.isOpen) throw inUse(on, id)
  await runQemuImg(on, id, useArgv(devicePath(on.group, disk.name)))
}

export function inUse(on: LvmStorage, id: VolumeId, cause?: unknown): ConflictError {
  return new ConflictError(`${formatVolumeId(id)} is in use on this host`, {cause, nextSteps: [`See by what: lsof /dev/${on.group}/${id.name}`]})
}

export interface NewImage { readonly name: string; readonly vmid: number; readonly sizeBytes: number }

/** An empty image; the volume is gone again when it cannot be made. @throws as createLogicalVolume */
export async function createImageVolume(on: LvmStorage, image: NewImage): Promise<void> {
  await makeImage(on, image, createImageArgv(devicePath(on.group, image.name), 'qcow2', image.sizeBytes, 'off'))
}

/** The volume in which a disk is to go on, standing on another one, which need not be there yet. What a killed process has left of one goes. */
export async function createOverlay(on: LvmStorage, disk: DiskVolumes, below: string, sizeBytes: number): Promise<void> {
  const name = overlayVolume(disk.name)
  if (disk.overlay !== undefined) await removeVolume(on, name)
  const vmid = parseLvmVolumeName(disk.name).vmid ?? 0
  await makeImage(on, {name, vmid, sizeBytes}, createOverlayArgv(devicePath(on.group, name), below, sizeBytes))
}

async function makeImage(on: LvmStorage, {name, vmid, sizeBytes}: NewImage, argv: readonly string[]): Promise<void> {
  await createLogicalVolume(on, {name, vmid, sizeBytes: qcow2SpaceBytes(sizeBytes), tags: [sizeTag(sizeBytes)]})
  try {
    await on.host.run(argv, {timeoutMs, diesWithUs: true})
    await syncVolume(on, name)
  } catch (error) {
    // The first failure is the one to report; the undo of the plan tries once more.
    await removeVolume(on, name).catch(() => undefined)
    throw error
  }
}

/** Makes the volume as large as an image of that size can become, and writes the size down. The image itself is the caller's business. */
export async function makeRoomForImage(on: LvmStorage, {name, sizeBytes: volumeBytes, tags}: LogicalVolume, sizeBytes: number): Promise<void> {
  const neededBytes = qcow2SpaceBytes(sizeBytes)
  if (neededBytes > volumeBytes) await extendLogicalVolume(on, name, neededBytes)
  const noted = tags.filter((tag) => sizeOfTags([tag]) !== undefined && tag !== sizeTag(sizeBytes))
  await runLvm(on, replaceTagsArgv(on.group, name, noted, sizeTag(sizeBytes)))
}

export async function growImage(on: LvmStorage, id: VolumeId, name: string, sizeBytes: number): Promise<void> {
  await runQemuImg(on, id, resizeImageArgv(devicePath(on.group, name), 'qcow2', sizeBytes, 'off'))
  await syncVolume(on, name)
}

export async function runQemuImg(on: LvmStorage, id: VolumeId, argv: readonly string[]): Promise<void> {
  try {
    await on.host.run(argv, {timeoutMs, diesWithUs: true})
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    const {stderr} = error.failure
    if (/Failed to get (?:shared )?"[^"\n]{1,32}" lock|Is another process using the image/.test(stderr)) throw inUse(on, id, error)
    if (/No space left on device/.test(stderr)) throw new UnavailableError(`${formatVolumeId(id)}: its logical volume is too small for what the image is to hold`, {cause: error, nextSteps: [`See how large it is: lvs ${on.group}/${id.name}`]})
    throw error
  }
}

export async function syncVolume({host, group}: LvmStorage, name: string): Promise<void> {
  await host.run(['sync', '--', devicePath(group, name)], {timeoutMs})
}
