// The device keys of pct.conf: dev[n] with their sub-properties, and their reading.
import type {Params, PropertyFormat, Values} from '../../../spec/index.ts'
import {readProperties} from '../../read-properties.ts'

export const deviceFormat = {
  path: {type: 'string', format: 'pve-lxc-dev-string', defaultKey: true, placeholder: 'path', description: 'The device of the host, such as `/dev/ttyUSB0`.'},
  'deny-write': {type: 'boolean', default: false, optional: true, description: 'Whether the container may not write to it.'},
  gid: {type: 'integer', minimum: 0, optional: true, description: 'The group of the device in the container.'},
  mode: {type: 'string', pattern: '0[0-7]{3}', optional: true, placeholder: 'octal-access-mode', description: 'The access mode of the device in the container.'},
  uid: {type: 'integer', minimum: 0, optional: true, description: 'The owner of the device in the container.'},
} as const satisfies PropertyFormat

export const deviceParams = {
  'dev[n]': {type: 'string', optional: true, format: deviceFormat, index: {min: 0, max: 255}, description: 'A device of the host that is passed through to the container (n is 0 to 255).'},
} as const satisfies Params

/** @throws InvalidInputError naming the key and what is wrong with it */
export function readDevice(key: string, text: string): Values<typeof deviceFormat> {
  return readProperties(key, text, deviceFormat)
}
