// Names of disks on storages that have no folders, only volumes (rbd, lvmthin, zfspool): `vm-100-disk-0`, a base `base-900-disk-0`, a linked clone
// `base-900-disk-0/vm-100-disk-0`. They are Proxmox VE's. Pure.
import {ConflictError, InvalidInputError} from '../base/index.ts'
import {diskNumber} from './naming.ts'
import type {NewVolume, VolumeId, VolumeName} from './storage.ts'
import {checkVolumeName} from './volume-id.ts'

/** What ends up in argv and device paths, so neither a slash nor an at sign, which divide pools and snapshots. */
const volumePart = /^(vm|base|subvol|basevol)-([1-9]\d{0,8})-[a-zA-Z0-9+_.-]{1,100}$/
/** More disks than any guest has; it ends the search when a pool is full of odd names. */
const maxDiskNumber = 100_000

export interface FlatNaming {
  /** What such a volume is, for messages: `an image in a Ceph pool`. */
  readonly what: string
  /** Whether there are folders of containers (`subvol-100-disk-0`) as well. */
  readonly hasSubvolumes: boolean
}

/** @throws InvalidInputError for names that are no disk of a guest */
export function parseFlatName(name: string, {what, hasSubvolumes}: FlatNaming): VolumeName {
  checkVolumeName(name)
  const parts = name.split('/')
  const [parent, base] = parts.length === 2 ? parts : [undefined, name]
  const [, kind = '', vmid] = volumePart.exec(base ?? '') ?? []
  const [, parentKind = ''] = volumePart.exec(parent ?? '') ?? []
  const isParentRight = parent === undefined || parentKind.startsWith('base')
  if (base === undefined || vmid === undefined || !isParentRight || !hasSubvolumes && /vol$/.test(kind + parentKind)) {
    throw new InvalidInputError(`'${name.slice(0, 120)}' is not the name of ${what}`, {volume: 'has no known form'}, {
      nextSteps: ['Names are like vm-100-disk-0; a linked clone is base-900-disk-0/vm-100-disk-0.'],
    })
  }
  return {
    content: 'images', format: kind.endsWith('vol') ? 'subvol' : 'raw', vmid: Number(vmid), base, isBase: kind.startsWith('base'), ...(parent === undefined ? {} : {parent}),
  }
}

/** The parsed name of what may be anything: volumes that are no disks of guests are not ours to show. */
export function parseFlatNameOrNothing(name: string, naming: FlatNaming): VolumeName | undefined {
  try {
    return parseFlatName(name, naming)
  } catch {
    return undefined
  }
}

/** Checks a name that was asked for. @throws InvalidInputError when it is none, or another guest's */
export function checkNewFlatName({vmid, format, base = ''}: NewVolume, naming: FlatNaming): string {
  if (format !== 'raw' && !(format === 'subvol' && naming.hasSubvolumes)) {
    throw new InvalidInputError(`there are no disks of format ${format} in such a storage; it has ${naming.hasSubvolumes ? 'raw and subvol' : 'raw'}`, {format: 'is not possible there'})
  }
  const name = parseFlatName(base, naming)
  if (name.vmid !== vmid || name.parent !== undefined || name.isBase) {
    throw new InvalidInputError(`the name '${base.slice(0, 120)}' is not one for a disk of guest ${vmid}`, {filename: `must begin with ${format === 'subvol' ? 'subvol' : 'vm'}-${vmid}-`})
  }
  if (name.format !== format) throw new InvalidInputError(`the name '${base}' does not fit the format ${format}`, {filename: `must begin with ${format === 'subvol' ? 'subvol' : 'vm'}-${vmid}-`})
  return base
}

/** The next free disk name. @throws ConflictError when all are taken */
export function nextFlatName(vmid: number, format: 'raw' | 'subvol', used: readonly string[], storage: string): string {
  const numbers = new Set(used.map((name) => diskNumber(name.slice(name.lastIndexOf('/') + 1), vmid)))
  for (let number = 0; number < maxDiskNumber; number++) {
    if (!numbers.has(number)) return `${format === 'subvol' ? 'subvol' : 'vm'}-${vmid}-disk-${number}`
  }
  throw new ConflictError(`guest ${vmid} has ${maxDiskNumber} disks on storage '${storage}'`)
}

/** The id that a disk has as a base; its parent stays in it. */
export function flatBaseOf(id: VolumeId, name: VolumeName): VolumeId {
  if (name.isBase) return id
  const base = name.base.startsWith('subvol-') ? name.base.replace(/^subvol-/, 'basevol-') : name.base.replace(/^vm-/, 'base-')
  return {storage: id.storage, name: name.parent === undefined ? base : `${name.parent}/${base}`}
}
