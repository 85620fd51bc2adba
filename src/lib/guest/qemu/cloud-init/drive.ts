// The drive of a guest on which cloud-init finds its settings: which one it is, and how a new one is planned.
import {InvalidInputError} from '../../../base/index.ts'
import {createVolumeStep, formatVolumeId} from '../../../storage/index.ts'
import type {Format, Storage} from '../../../storage/index.ts'
import type {Step} from '../../../tasks/index.ts'
import {driveKeys, isCloudInitDrive} from '../config/drives.ts'
import {formatDriveText, parseDriveText} from '../drives/drive-text.ts'

/** As in Proxmox VE. */
export const cloudInitDriveBytes = 4 * 1024 ** 2

export interface CloudInitDrive { readonly key: string; readonly volume: string }

/** The drive for cloud-init among these values; undefined when there is none. */
export function cloudInitDriveOf(values: Readonly<Record<string, string>>): CloudInitDrive | undefined {
  for (const key of driveKeys) {
    const text = values[key]
    if (text === undefined) continue
    const {file} = parseDriveText(text)
    if (isCloudInitDrive({file})) return {key, volume: file}
  }
  return undefined
}

export interface NewCloudInitDrive {
  readonly vmid: number
  /** `ide2`. */
  readonly key: string
  readonly storage: Storage
  /** The storage's own way when absent: qcow2 in folders, else raw. */
  readonly format?: Format
}

/**
 * Plans a new, empty drive for cloud-init, for a new guest, a change of one, or a clone; it is written when the guest starts. Under the
 * lock of the storage.
 * @throws InvalidInputError for a bus without CD-ROM drives or a format that the storage does not have, ConflictError when there is such a volume
 */
export async function newCloudInitDrive({vmid, key, storage, format: wish}: NewCloudInitDrive): Promise<{readonly volume: string; readonly value: string; readonly step: Step}> {
  assertCdromBus(key)
  const format = wish ?? (storage.traits.formats.includes('qcow2') ? 'qcow2' : 'raw')
  if (!storage.traits.formats.includes(format) || (format !== 'qcow2' && format !== 'raw')) {
    const known = storage.traits.formats.filter(name => name === 'qcow2' || name === 'raw').join(', ')
    throw new InvalidInputError(`${key}: a cloud-init drive on storage '${storage.config.storage}' cannot be ${format}; it can be ${known}`, {[`${key}.format`]: `must be one of ${known}`})
  }
  const {id, step} = await createVolumeStep(storage, {vmid, format, sizeBytes: cloudInitDriveBytes, base: `vm-${vmid}-cloudinit`, purpose: key})
  const volume = formatVolumeId(id)
  return {volume, value: cloudInitDriveText(volume), step}
}

export function cloudInitDriveText(volume: string): string {
  return formatDriveText({file: volume, options: {media: 'cdrom'}})
}

/** @throws InvalidInputError */
export function assertCdromBus(key: string): void {
  if (/^(?:ide|sata|scsi)\d+$/.test(key)) return
  throw new InvalidInputError(`${key}: a cloud-init drive is a CD-ROM drive, on ide, sata or scsi`, {[key]: 'cannot hold a cloud-init drive'}, {nextSteps: ['For example: --ide2 STORAGE:cloudinit']})
}
