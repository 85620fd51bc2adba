// Names of snapshots, as Proxmox VE has them (pve-configid): they become sections of configuration files and words of command lines. Pure.
import {InvalidInputError} from '../base/index.ts'

/** @throws InvalidInputError */
export function checkSnapshotName(name: string): string {
  if (/^[a-zA-Z][a-zA-Z0-9_-]{1,39}$/.test(name)) return name
  throw new InvalidInputError(`'${name.slice(0, 60).replace(/\p{Cc}/gu, '?')}' is no name for a snapshot: a letter first, then letters, digits, '_' and '-', 2 to 40 characters`, {snapname: 'is no name for a snapshot'})
}
