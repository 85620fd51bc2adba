// A disk of a virtual machine as the commands on disks take it: its key, its volume, and what none of them is for. Pure.
import {ConflictError, InvalidInputError, NotFoundError, UnsupportedError} from '../../../base/index.ts'
import type {ValueSchema} from '../../../spec/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {isCloudInitDrive} from '../config/drives.ts'
import type {DriveText} from '../drives/drive-text.ts'
import {isCdromText, isUnusedKey, parseDriveText, volumeOf} from '../drives/drive-text.ts'
import type {GuestFile} from '../guest-files.ts'
import {isYes} from '../guest-files.ts'
import {referencedVolumes} from '../pending.ts'

const used = 'ide[0-3]|sata[0-5]|scsi(?:[12]?[0-9]|30)|virtio(?:[0-9]|1[0-5])|efidisk0|tpmstate0'
const unused = 'unused(?:[1-9]?[0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])'

/** The key of a disk on the command line. */
export const diskParam = {
  type: 'string', pattern: `^(?:${used})$`, placeholder: 'disk', description: 'The disk: `scsi0`, `virtio1`, `efidisk0`.',
} as const satisfies ValueSchema
/** The same, unused disks included. */
export const anyDiskParam = {
  type: 'string', pattern: `^(?:${used}|${unused})$`, placeholder: 'disk', description: 'The disk: `scsi0`, `efidisk0`, `unused0`.',
} as const satisfies ValueSchema

export interface GuestDisk {
  readonly key: string
  /** As it stands in the configuration. */
  readonly text: string
  readonly drive: DriveText
  readonly volume: string
}

/**
 * @param parameter the option that named the disk, for an error
 * @throws NotFoundError, InvalidInputError for a CD-ROM drive or a path, UnsupportedError for the drive of cloud-init
 */
export function guestDisk({vmid, config}: Pick<GuestFile, 'vmid' | 'config'>, key: string, parameter = 'disk'): GuestDisk {
  const text = config.current.values[key]
  if (text === undefined) {
    const isWaiting = config.pending[key] !== undefined
    throw new NotFoundError(`virtual machine ${vmid} has no disk ${key}${isWaiting ? ' yet: it waits for the next start' : ''}`, {nextSteps: [`See which it has: qm config ${vmid}`]})
  }
  const drive = parseDriveText(text)
  if (isCloudInitDrive(drive)) throw new UnsupportedError(`${key} is the drive of cloud-init, which is made anew from the configuration`, {nextSteps: [`Put it elsewhere: qm set ${vmid} --${key} STORAGE:cloudinit`]})
  if (isCdromText(drive)) throw new InvalidInputError(`${key} is a CD-ROM drive, not a disk`, {[parameter]: 'names a CD-ROM drive'})
  const volume = volumeOf(drive)
  if (volume === undefined) throw new InvalidInputError(`${key} is ${drive.file}, which is no volume of a storage`, {[parameter]: 'is no volume of a storage'})
  return {key, text, drive, volume}
}

/** What waits for a start would bring the old volume back. @throws ConflictError */
export function assertNothingWaits({vmid, config}: Pick<GuestFile, 'vmid' | 'config'>, key: string): void {
  if (config.pending[key] === undefined && !(key in config.pendingDelete)) return
  throw new ConflictError(`a change of ${key} waits for the next start of virtual machine ${vmid}`, {
    nextSteps: [`See it: qm pending ${vmid}`, `Drop it: qm set ${vmid} --revert ${key}`], data: {vmid, key},
  })
}

/** @throws ConflictError: linked clones stand on a template's disks */
export function assertNoTemplate({vmid, config}: Pick<GuestFile, 'vmid' | 'config'>, what: string): void {
  if (!isYes(config.current.values['template'])) return
  throw new ConflictError(`${vmid} is a template, and ${what}`, {nextSteps: [`Make a full clone of it: qm clone ${vmid} NEWID --full`], data: {vmid}})
}

/** Whether a snapshot of the guest has the volume among its disks. */
export function isInSnapshot(config: GuestConfig, volume: string): boolean {
  const without: GuestConfig = {...config, current: {values: {}}, pending: {}}
  return referencedVolumes(without).includes(volume)
}

/** Whether the guest's QEMU has the disk open while the guest runs. */
export function isPluggedIn(key: string): boolean {
  return !isUnusedKey(key)
}
