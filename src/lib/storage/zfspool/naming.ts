// Names of volumes in a ZFS dataset: zvols are disks, file systems are folders of containers. Pure.
import type {FlatNaming} from '../flat-naming.ts'
import {parseFlatName} from '../flat-naming.ts'
import type {VolumeName} from '../storage.ts'

export const zfsNaming: FlatNaming = {what: 'a volume in a ZFS pool', hasSubvolumes: true}

/** @throws InvalidInputError for names that are no disk of a guest */
export function parseZfsName(name: string): VolumeName {
  return parseFlatName(name, zfsNaming)
}
