// The keys of qm.conf that hand devices of the host to the guest: hostpci[n], parallel[n]. What is there on the host is said elsewhere
// (host-devices/), and USB devices are in ports.ts.
import {InvalidInputError} from '../../../base/index.ts'
import type {Params, PropertyFormat, Values} from '../../../spec/index.ts'
import {readProperties} from '../../read-properties.ts'

const address = '(?:[a-f0-9]{4,8}:)?[a-f0-9]{2}:[a-f0-9]{2}(?:\\.[a-f0-9])?'
const hexId = (what: string) => ({
  type: 'string', pattern: '0x[0-9a-fA-F]{4}', optional: true, placeholder: 'hex-id', description: `The ${what} that the guest reads instead of the device\'s own.`,
}) as const

export const hostPciFormat = {
  host: {
    type: 'string', pattern: `${address}(?:;${address}){0,63}`, defaultKey: true, optional: true, placeholder: 'HOSTPCIID[;HOSTPCIID2...]',
    description: 'The address of the device on the host (`lspci -D` shows them), such as 0000:01:00.0. Without `.function` all functions are handed over; several addresses are joined by semicolons.',
  },
  'device-id': hexId('device id'),
  driver: {
    type: 'string', enum: ['keep', 'vfio'], default: 'vfio', optional: true,
    description: 'Whether the device is given to the driver vfio-pci before the start, or keeps the driver that it has (a variant of vfio-pci).',
  },
  'legacy-igd': {type: 'boolean', default: false, optional: true, description: 'Whether an Intel graphics chip becomes the guest\'s first and only display. Needs i440fx and vga=none.'},
  mapping: {
    type: 'string', format: 'pve-configid', optional: true, placeholder: 'mapping-id',
    description: 'A device by its name in mapping/pci.cfg, instead of its address. The first entry of this node that is free is taken.',
  },
  mdev: {type: 'string', pattern: '[^/.:\\s]+', maxLength: 128, optional: true, placeholder: 'type', description: 'The type of the mediated device that is made on it and handed over, such as nvidia-63.'},
  pcie: {type: 'boolean', default: false, optional: true, description: 'Whether the guest sees it on a PCI Express port. Needs q35.'},
  rombar: {type: 'boolean', default: true, optional: true, description: 'Whether the guest sees the ROM of the device.'},
  romfile: {
    type: 'string', pattern: '[^,;/]+', maxLength: 255, optional: true, placeholder: 'file',
    description: 'A file below /usr/share/kvm that takes the place of the device\'s ROM.',
  },
  'sub-device-id': hexId('subsystem\'s device id'),
  'sub-vendor-id': hexId('subsystem\'s vendor id'),
  'vendor-id': hexId('vendor id'),
  'x-vga': {type: 'boolean', default: false, optional: true, description: 'Whether it is the guest\'s main graphics card. The guest then has no other, unless `vga` asks for one.'},
} as const satisfies PropertyFormat

export const hostPciCount = 16
export const parallelCount = 3

export const hostDeviceParams = {
  'hostpci[n]': {type: 'string', optional: true, format: hostPciFormat, index: {min: 0, max: hostPciCount - 1}, description: 'A PCI device of the host (n is 0 to 15). The guest has it to itself.'},
  'parallel[n]': {
    type: 'string', pattern: '(?:/dev/parport\\d{1,4}|/dev/usb/lp\\d{1,4})', optional: true, index: {min: 0, max: parallelCount - 1}, placeholder: '/dev/parportN',
    description: 'A parallel port or USB printer of the host (n is 0 to 2).',
  },
} as const satisfies Params

export interface HostPci extends Omit<Values<typeof hostPciFormat>, 'host' | 'mapping'> {
  readonly key: string
  readonly index: number
  readonly source: {readonly kind: 'host'; readonly addresses: readonly string[]} | {readonly kind: 'mapping'; readonly name: string}
}

/** @throws InvalidInputError when it is not said which device */
export function readHostPci(key: string, text: string): HostPci {
  const {host, mapping, ...rest} = readProperties(key, text, hostPciFormat)
  if ((host === undefined) === (mapping === undefined)) {
    throw new InvalidInputError(`'${key}' must name a device of the host by either its address or a mapping`, {[key]: 'needs one of host= and mapping='})
  }
  const source = mapping === undefined ? {kind: 'host', addresses: (host ?? '').split(';').map(withDomain)} as const : {kind: 'mapping', name: mapping} as const
  return {key, index: Number(key.slice('hostpci'.length)), source, ...rest}
}

/** All of a guest's, by number. */
export function readHostPciDevices(values: Readonly<Record<string, string>>): HostPci[] {
  return Array.from({length: hostPciCount}, (_, index) => `hostpci${index}`).flatMap(key => {
    const text = values[key]
    return text === undefined ? [] : [readHostPci(key, text)]
  })
}

/** `01:00.0` lies in domain 0000, as lspci has it. */
export function withDomain(pciAddress: string): string {
  return /^[a-f0-9]{4,8}:[a-f0-9]{2}:/.test(pciAddress) ? pciAddress : `0000:${pciAddress}`
}
