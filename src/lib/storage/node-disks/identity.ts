// Which device a plan means. A name such as /dev/sdb may belong to another disk after a moment, when disks come and go; numbers, size and serial
// number together do not. Pure.
import type {FoundDevice} from './find-device.ts'
import type {MachineFacts} from './facts/machine.ts'

export interface DeviceIdentity {
  readonly path: string
  readonly sizeBytes: number
  /** Major and minor number. */
  readonly number?: string
  readonly serial?: string
  readonly wwn?: string
}

export function identityOf({path, sizeBytes, number, disk}: FoundDevice, {udev}: Pick<MachineFacts, 'udev'>): DeviceIdentity {
  const properties = udev.get(disk.name)
  const [serial, wwn] = [properties?.get('ID_SERIAL'), properties?.get('ID_WWN')]
  return {path, sizeBytes, ...(number === undefined ? {} : {number}), ...(serial === undefined ? {} : {serial}), ...(wwn === undefined ? {} : {wwn})}
}

export function isSameDevice(a: DeviceIdentity, b: DeviceIdentity): boolean {
  return a.path === b.path && a.sizeBytes === b.sizeBytes && a.number === b.number && a.serial === b.serial && a.wwn === b.wwn
}
