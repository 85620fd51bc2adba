// Names of volumes that are LUNs: `lun1`. They are Proxmox VE's. Pure.
import {InvalidInputError} from '../../base/index.ts'
import type {VolumeName} from '../storage.ts'
import {checkVolumeName} from '../volume-id.ts'

/** SAM-5, 4.7: LUNs of one level in flat space addressing end here. */
export const maxLun = 16_383

/** @throws InvalidInputError for what is no LUN. A LUN has no owner: its name says nothing of guests. */
export function parseLunName(name: string): VolumeName {
  checkVolumeName(name)
  if (lunOf(name) === undefined) {
    throw new InvalidInputError(`'${name.slice(0, 120)}' is not the name of a LUN`, {volume: 'has no known form'}, {nextSteps: ['Names are like lun0, lun1.']})
  }
  return {content: 'images', format: 'raw', base: name, isBase: false}
}

/** The number in a name. */
export function lunOf(name: string): number | undefined {
  const digits = /^lun(0|[1-9]\d{0,4})$/.exec(name)?.[1]
  return digits === undefined || Number(digits) > maxLun ? undefined : Number(digits)
}
