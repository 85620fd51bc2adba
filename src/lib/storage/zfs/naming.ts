// Names of volumes that lie in a ZFS pool behind an iSCSI target. Pure.
import type {FlatNaming} from '../flat-naming.ts'
import {parseFlatName} from '../flat-naming.ts'
import type {VolumeName} from '../storage.ts'

export const zfsIscsiNaming: FlatNaming = {what: 'a volume in a ZFS pool of an iSCSI server', hasSubvolumes: false}

/** @throws InvalidInputError for names that are no disk of a guest */
export function parseZfsIscsiName(name: string): VolumeName {
  return parseFlatName(name, zfsIscsiNaming)
}
