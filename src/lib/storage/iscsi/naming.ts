// Names of volumes that are LUNs of the kernel's initiator: `0.0.1.scsi-360000000000000000e00000000010001`, which is channel, id and LUN of the SCSI device
// and its name below /dev/disk/by-id. They are Proxmox VE's. Pure.
import {InvalidInputError} from '../../base/index.ts'
import type {VolumeName} from '../storage.ts'
import {checkVolumeName} from '../volume-id.ts'

export interface ScsiName {
  readonly channel: number
  readonly id: number
  readonly lun: number
  /** Below /dev/disk/by-id. */
  readonly device: string
}

/** What ends up in a path, so no slash. */
const pattern = /^(\d{1,5})\.(\d{1,5})\.(\d{1,5})\.([a-zA-Z0-9_][a-zA-Z0-9_.:@+=-]{0,199})$/

/** @throws InvalidInputError for what is no such LUN. It has no owner: its name says nothing of guests. */
export function parseScsiVolumeName(name: string): VolumeName {
  scsiName(name)
  return {content: 'images', format: 'raw', base: name, isBase: false}
}

/** @throws InvalidInputError */
export function scsiName(name: string): ScsiName {
  checkVolumeName(name)
  const [, channel, id, lun, device] = pattern.exec(name) ?? []
  if (device !== undefined) return {channel: Number(channel), id: Number(id), lun: Number(lun), device}
  throw new InvalidInputError(`'${name.slice(0, 120)}' is not the name of a LUN`, {volume: 'has no known form'}, {nextSteps: ['Names are like 0.0.1.scsi-360000000000000000e00000000010001: pvesm list shows them.']})
}

export function formatScsiName({channel, id, lun, device}: ScsiName): string {
  return `${channel}.${id}.${lun}.${device}`
}
