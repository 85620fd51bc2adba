// Names of logical volumes that are disks of guests: `vm-100-disk-0`. They are Proxmox VE's, so a volume group can be used by either.
// The characters are those of lvm(8), VALID NAMES. Pure.
import {InvalidInputError} from '../../base/index.ts'
import type {Format, NewVolume, VolumeName} from '../storage.ts'
import {checkVolumeName} from '../volume-id.ts'

/** A volume that saferemove is overwriting. Its name is out of the way, so that the disk's name is free at once. */
const removedPrefix = 'del-'

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
  // Proxmox VE writes qcow2 images into logical volumes by that ending; taking one for raw would show the guest its tables.
  if (name.endsWith('.qcow2')) {
    throw new InvalidInputError(`'${name}' is a volume in the format qcow2, which is not possible in a volume group here; raw is`, {volume: 'ends in .qcow2'})
  }
  return {content: 'images', format: 'raw', vmid: Number(owner), base: name, isBase: false}
}

/** Checks a name that was asked for. @throws InvalidInputError when it is none, or another guest's */
export function checkNewName({vmid, format, base = ''}: NewVolume): string {
  if (format !== ('raw' satisfies Format)) throw new InvalidInputError(`a volume group has no disks of format ${format}; it has raw`, {format: 'must be raw'})
  const name = parseLvmVolumeName(base)
  if (name.vmid !== vmid) {
    throw new InvalidInputError(`the name '${base}' belongs to guest ${name.vmid ?? 0}, not to ${vmid}`, {filename: `must begin with vm-${vmid}-`})
  }
  return base
}

/** The name that a volume has while it is overwritten. */
export function nameWhileRemoved(name: string): string {
  return `${removedPrefix}${name}`
}

/** The tag by which a logical volume says whose it is. */
export function guestTag(vmid: number): string {
  return `pve-vm-${vmid}`
}
