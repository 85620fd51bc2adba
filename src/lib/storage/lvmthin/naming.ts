// Names of thin volumes: disks of guests, bases, and snapshots of them (`snap_vm-100-disk-0_before`). They are Proxmox VE's. Clones stand alone, so no
// name holds another. Pure.
import {InvalidInputError} from '../../base/index.ts'
import type {FlatNaming} from '../flat-naming.ts'
import {parseFlatName} from '../flat-naming.ts'
import {checkSnapshotName} from '../snapshot-name.ts'
import type {VolumeName} from '../storage.ts'

export const thinNaming: FlatNaming = {what: 'a volume in a thin pool', hasSubvolumes: false}

/** @throws InvalidInputError for names that are no disk of a guest */
export function parseThinName(name: string): VolumeName {
  const parsed = parseFlatName(name, thinNaming)
  if (parsed.parent !== undefined) throw new InvalidInputError(`'${name.slice(0, 120)}' is not the name of a volume in a thin pool: clones there are named without their base`, {volume: 'has no known form'})
  return parsed
}

/** The volume that is a snapshot of another one. @throws InvalidInputError for a name that no snapshot has */
export function snapshotVolume(name: string, snapshot: string): string {
  return `snap_${name}_${checkSnapshotName(snapshot)}`
}

/** The name of the snapshot that a volume is of a disk; undefined for all others. */
export function snapshotOf(volume: string, name: string): string | undefined {
  const head = `snap_${name}_`
  return volume.startsWith(head) ? volume.slice(head.length) : undefined
}

/** The volume that is going to take the place of another one that goes back to a snapshot. */
export function rollbackVolume(name: string): string {
  return `rollback_${name}`
}
