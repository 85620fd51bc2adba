// The keys of qm.conf for small devices: serial[n], usb[n], agent, rng0, and their reading.
import {InvalidInputError} from '../../../base/index.ts'
import type {Params, PropertyFormat, Values} from '../../../spec/index.ts'
import {readProperties} from '../../read-properties.ts'

const agentFormat = {
  enabled: {type: 'boolean', default: false, defaultKey: true, description: 'Whether there is a channel to the guest agent.'},
  'freeze-fs': {type: 'boolean', default: true, optional: true, description: 'Whether file systems are frozen by the agent for backups, clones and snapshots.'},
  'freeze-fs-on-backup': {alias: 'freeze-fs', optional: true},
  'guest-fsfreeze': {alias: 'freeze-fs', optional: true},
  fstrim_cloned_disks: {type: 'boolean', default: false, optional: true, description: 'Whether the agent trims after a disk was moved or the guest migrated.'},
  type: {type: 'string', enum: ['isa', 'virtio'], default: 'virtio', optional: true, description: 'The device behind the channel.'},
} as const satisfies PropertyFormat

const rngFormat = {
  source: {
    type: 'string', enum: ['/dev/hwrng', '/dev/random', '/dev/urandom'], defaultKey: true,
    description: 'Where the host takes the random bytes from.',
  },
  max_bytes: {type: 'integer', minimum: 0, default: 1024, optional: true, description: 'Bytes for the guest in each period; 0 for no limit.'},
  period: {type: 'integer', minimum: 1, default: 1000, optional: true, description: 'Length of a period in milliseconds.'},
} as const satisfies PropertyFormat

const usbFormat = {
  host: {
    type: 'string', defaultKey: true, optional: true, placeholder: 'HOSTUSBDEVICE|spice',
    pattern: '(?:(?:0x)?[0-9A-Fa-f]{4}:(?:0x)?[0-9A-Fa-f]{4}|\\d+-\\d+(?:\\.\\d+)*|[Ss][Pp][Ii][Cc][Ee])',
    description: 'The device on the host, as vendor:product in hexadecimal or bus-port; `spice` for a device that a viewer redirects.',
  },
  mapping: {
    type: 'string', format: 'pve-configid', optional: true, placeholder: 'mapping-id',
    description: 'A device by its name in mapping/usb.cfg, instead of its ids or port.',
  },
  usb3: {
    type: 'boolean', default: false, optional: true,
    description: 'Whether it goes to a USB 3 controller. No matter for machine versions since 7.1 with Linux or a recent Windows.',
  },
} as const satisfies PropertyFormat

export const serialCount = 4
export const usbCount = 14

export const portParams = {
  'serial[n]': {
    type: 'string', pattern: '(?:/dev/[^\\u0000-\\u001f]+|socket)', maxLength: 200, optional: true, index: {min: 0, max: serialCount - 1},
    description: 'A serial port (n is 0 to 3): `socket` for one that `qm terminal` opens, or a serial device of the host.',
  },
  'usb[n]': {
    type: 'string', optional: true, format: usbFormat, index: {min: 0, max: usbCount - 1},
    description: 'A USB device of the host (n is 0 to 4, or to 13 with machine version 7.1 and Linux or a recent Windows).',
  },
  agent: {type: 'string', optional: true, format: agentFormat, description: 'The QEMU guest agent.'},
  rng0: {type: 'string', optional: true, format: rngFormat, description: 'A source of random numbers.'},
} as const satisfies Params

export type AgentSettings = Values<typeof agentFormat>

export function readAgent(text: string | undefined): AgentSettings {
  return text === undefined ? {enabled: false} : readProperties('agent', text, agentFormat)
}

export function readRng(text: string | undefined): Values<typeof rngFormat> | undefined {
  return text === undefined ? undefined : readProperties('rng0', text, rngFormat)
}

export interface UsbDevice {
  readonly key: string
  readonly index: number
  readonly usb3: boolean
  readonly host:
    | {readonly kind: 'spice'}
    | {readonly kind: 'mapping'; readonly name: string}
    | {readonly kind: 'id'; readonly vendor: string; readonly product: string}
    | {readonly kind: 'port'; readonly bus: string; readonly port: string}
}

/** @throws InvalidInputError when it is not said which device */
export function readUsb(key: string, text: string): UsbDevice {
  const {host, mapping, usb3} = readProperties(key, text, usbFormat)
  if ((host === undefined) === (mapping === undefined)) {
    throw new InvalidInputError(`'${key}' must name a device of the host by either its ids or port, or a mapping`, {[key]: 'needs one of host= and mapping='})
  }
  return {key, index: Number(key.slice(3)), usb3: usb3 ?? false, host: mapping === undefined ? readUsbHost(key, host ?? '') : {kind: 'mapping', name: mapping}}
}

/** `1234:abcd`, `1-2.3` or `spice`. */
export function readUsbHost(key: string, text: string): Exclude<UsbDevice['host'], {kind: 'mapping'}> {
  const id = /^(?:0x)?([0-9A-Fa-f]{4}):(?:0x)?([0-9A-Fa-f]{4})$/.exec(text)
  if (id !== null) return {kind: 'id', vendor: id[1] ?? '', product: id[2] ?? ''}
  const port = /^(\d+)-(\d+(?:\.\d+)*)$/.exec(text)
  if (port !== null) return {kind: 'port', bus: port[1] ?? '', port: port[2] ?? ''}
  if (text.toLowerCase() === 'spice') return {kind: 'spice'}
  throw new InvalidInputError(`'${text}' of '${key}' is neither vendor:product, bus-port nor spice`, {[key]: 'is not a USB device'})
}
