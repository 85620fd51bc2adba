// Names of logical volumes that are disks of guests: `vm-100-disk-0`, with a qcow2 image in it `vm-100-disk-0.qcow2`, whose snapshots are volumes of
// their own (`snap_vm-100-disk-0_<name>.qcow2`). They are Proxmox VE's, so a volume group can be used by either.
// The characters are those of lvm(8), VALID NAMES. Pure.
import {InvalidInputError} from '../../base/index.ts'
import {diskNumber} from '../naming.ts'
import type {Format, NewVolume, VolumeName} from '../storage.ts'
import {checkVolumeName} from '../volume-id.ts'

/** A volume that saferemove is overwriting. Its name is out of the way, so that the disk's name is free at once. */
const removedPrefix = 'del-'
/** The volume in which a disk goes on, as long as it does not have the disk's name yet. */
const overlayPrefix = 'new-'
const snapshotPrefix = 'snap_'
const imageEnding = '.qcow2'

const diskName = /^vm-([1-9]\d{0,8})-[a-zA-Z0-9+_.-]{1,100}$/
/** Parts of names that lvm(8) keeps for volumes of its own. */
const reserved = /_(?:cdata|cmeta|corig|cpool|cvol|iorig|mimage|mlog|pmspare|rimage|rmeta|tdata|tmeta|vdata|vorigin|wcorig)/

/** @throws InvalidInputError for names that are no disk of a guest */
export function parseLvmVolumeName(name: string): VolumeName {
  checkVolumeName(name)
  const owner = diskName.exec(name)?.[1]
  if (owner === undefined || reserved.test(name)) {
    throw new InvalidInputError(`'${name.slice(0, 120)}' is not the name of a volume in a volume group`, {volume: 'has no known form'}, {
      nextSteps: ['Names are like vm-100-disk-0.'],
    })
  }
  // Only the name says what is in it: taking a qcow2 image for raw would show the guest its tables.
  return {content: 'images', format: name.endsWith(imageEnding) ? 'qcow2' : 'raw', vmid: Number(owner), base: name, isBase: false}
}

/** The volume of a snapshot of a disk that is a qcow2 image. */
export function snapshotVolume(disk: string, snapshot: string): string {
  return `${stemOf(disk)}_${snapshot}${imageEnding}`
}

/** The snapshot that a volume is of that disk, by its name, or by its path as an image may name it; undefined for every other volume. */
export function snapshotOfVolume(volume: string, disk: string): string | undefined {
  const name = volume.replace(/^\/dev\/[^/]{1,127}\//, '')
  const start = `${stemOf(disk)}_`
  const snapshot = name.startsWith(start) && name.endsWith(imageEnding) ? name.slice(start.length, -imageEnding.length) : ''
  return /^[a-zA-Z][a-zA-Z0-9_-]{0,39}$/.test(snapshot) ? snapshot : undefined
}

function stemOf(disk: string): string {
  return `${snapshotPrefix}${disk.slice(0, -imageEnding.length)}`
}

/** The number n of the disk `vm-<vmid>-disk-<n>` to which a volume belongs, be it the disk or something of it. */
export function numberInGroup(name: string, vmid: number): number | undefined {
  const ofSnapshot = name.startsWith(snapshotPrefix) ? name.slice(snapshotPrefix.length).split('_', 1)[0] ?? '' : name
  return diskNumber(ofSnapshot.replace(/^(?:del|new)-/, ''), vmid)
}

/** Checks a name that was asked for. @param formats those that the storage makes @throws InvalidInputError when it is none, or another guest's */
export function checkNewName({vmid, format, base = ''}: NewVolume, formats: readonly Format[]): string {
  if (!formats.includes(format)) {
    throw new InvalidInputError(`there are no disks of format ${format} in this volume group; it has ${formats.join(' and ')}`, {format: `must be ${formats.join(' or ')}`}, {
      nextSteps: format === 'qcow2' ? ['For snapshots, and qcow2 images with them: pvesm set <storage> --snapshot-as-volume-chain 1'] : [],
    })
  }
  const whole = format === 'qcow2' && !base.endsWith(imageEnding) ? `${base}${imageEnding}` : base
  const name = parseLvmVolumeName(whole)
  if (name.vmid !== vmid) {
    throw new InvalidInputError(`the name '${base}' belongs to guest ${name.vmid ?? 0}, not to ${vmid}`, {filename: `must begin with vm-${vmid}-`})
  }
  if (name.format !== format) throw new InvalidInputError(`the name '${base}' does not fit the format ${format}`, {filename: `must not end in ${imageEnding}`})
  if (format === 'qcow2' && whole.includes('_')) {
    throw new InvalidInputError(`the name '${base}' has an underscore, behind which the names of snapshots begin in a volume group`, {filename: 'must have no underscore'})
  }
  return whole
}

/** The name that a volume has until it takes the place of the disk. */
export function overlayVolume(disk: string): string {
  return `${overlayPrefix}${disk}`
}

/** The disk whose place a volume is to take; undefined for what is none such. */
export function diskOfOverlay(name: string): string | undefined {
  return name.startsWith(overlayPrefix) && name.endsWith(imageEnding) ? name.slice(overlayPrefix.length) : undefined
}

/** The tag that says how large an image is for its guest, for when it is switched off and its header cannot be read. */
export function sizeTag(sizeBytes: number): string {
  return `corral-disk-bytes-${sizeBytes}`
}

export function sizeOfTags(tags: readonly string[]): number | undefined {
  const found = tags.map((tag) => /^corral-disk-bytes-(\d{1,16})$/.exec(tag)?.[1]).find((digits) => digits !== undefined)
  return found === undefined || !Number.isSafeInteger(Number(found)) ? undefined : Number(found)
}

/** The name that a volume has while it is overwritten. */
export function nameWhileRemoved(name: string): string {
  return `${removedPrefix}${name}`
}

/** The tag by which a logical volume says whose it is. */
export function guestTag(vmid: number): string {
  return `pve-vm-${vmid}`
}
