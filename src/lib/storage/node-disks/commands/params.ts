// Parameters that the commands about disks share.
import type {ValueSchema} from '../../../spec/index.ts'

/** Paths of devices, also those below /dev/disk/by-id, which stay the same when disks are added. */
export const devicePattern = '/dev/[a-zA-Z0-9][a-zA-Z0-9/_.:+=-]{0,254}'

/** Of a list of devices, which has no pattern of its own. */
export function isDevicePath(path: string): boolean {
  return /^\/dev\/[a-zA-Z0-9][a-zA-Z0-9/_.:+=-]{0,254}$/.test(path)
}

export function diskParam<const D extends string>(description: D) {
  return {type: 'string', pattern: devicePattern, completion: 'file', placeholder: 'device', description} as const satisfies ValueSchema
}
