// The keys of qm.conf for what the firmware shows and does: bios, boot, bootdisk, smbios1, vmgenid, and their reading.
import {InvalidInputError} from '../../../base/index.ts'
import type {Params, PropertyFormat, Values} from '../../../spec/index.ts'
import {isDriveKey} from './drives.ts'
import {readProperties} from '../../read-properties.ts'

const bootFormat = {
  legacy: {
    type: 'string', pattern: '[acdn]{1,4}', default: 'cdn', defaultKey: true, optional: true,
    description: 'The old form: letters for floppy (a), the hard disk named by `bootdisk` (c), CD-ROM drives (d) and network cards (n).',
  },
  order: {
    type: 'string', format: 'pve-qm-bootdev-list', optional: true, placeholder: 'device[;device...]',
    description: 'Devices in the order in which they are tried. Only those named here can be booted from.',
  },
} as const satisfies PropertyFormat

const base64 = {type: 'string', pattern: '[A-Za-z0-9+\\/]+={0,2}', optional: true, placeholder: 'base64-encoded-string'} as const
const smbiosFormat = {
  base64: {type: 'boolean', optional: true, description: 'Whether the values are base64-encoded.'},
  family: {...base64, description: 'Family of the product.'},
  manufacturer: {...base64, description: 'Manufacturer.'},
  product: {...base64, description: 'Name of the product.'},
  serial: {...base64, description: 'Serial number.'},
  sku: {...base64, description: 'Stock keeping unit.'},
  uuid: {
    type: 'string', pattern: '[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}', optional: true, placeholder: 'UUID',
    description: 'The UUID of the machine.',
  },
  version: {...base64, description: 'Version of the product.'},
} as const satisfies PropertyFormat

export const firmwareParams = {
  bios: {type: 'string', enum: ['ovmf', 'seabios'], default: 'seabios', optional: true, description: 'The firmware: SeaBIOS, or OVMF for UEFI.'},
  boot: {type: 'string', optional: true, format: bootFormat, description: 'What is booted from. Use `order=`.'},
  bootdisk: {
    type: 'string', pattern: '(?:ide|sata|scsi|virtio)\\d+', format: 'pve-qm-bootdisk', optional: true,
    description: 'The hard disk that the old form of `boot` means.',
  },
  smbios1: {type: 'string', maxLength: 512, optional: true, format: smbiosFormat, description: 'What the guest reads about its maker (SMBIOS type 1).'},
  vmgenid: {
    type: 'string', pattern: '(?:[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}|[01])', default: '1', optional: true, placeholder: 'UUID',
    defaultText: '1 (made up)',
    description: 'Tells the guest that it was rolled back or copied. 1 makes one up, 0 leaves the device out.',
  },
} as const satisfies Params

export type BootSettings =
  | {readonly kind: 'order'; readonly devices: readonly string[]}
  | {readonly kind: 'legacy'; readonly letters: string; readonly disk: string | undefined}

/** @throws InvalidInputError for a device that cannot be booted from */
export function readBoot(boot: string | undefined, bootdisk: string | undefined): BootSettings {
  const values: Values<typeof bootFormat> = boot === undefined ? {} : readProperties('boot', boot, bootFormat)
  if (boot === undefined || values.legacy !== undefined) return {kind: 'legacy', letters: values.legacy ?? bootFormat.legacy.default, disk: bootdisk}
  const devices = (values.order ?? '').split(/[;\s,]+/).filter(word => word !== '')
  for (const device of devices) {
    if (!(isDriveKey(device) && device !== 'efidisk0' && device !== 'tpmstate0') && !/^(?:net(?:[0-9]|[12][0-9]|3[01])|usb(?:[0-9]|1[0-3])|hostpci(?:[0-9]|1[0-5]))$/.test(device)) {
      throw new InvalidInputError(
        `'${device}' in 'boot' is not a device to boot from; name drives, netN or usbN`,
        {'boot.order': `'${device}' is not a device to boot from`},
      )
    }
  }
  return {kind: 'order', devices}
}

/** The fields of SMBIOS type 1 as the guest is to read them, base64 undone, in a fixed order. */
export function readSmbios(text: string | undefined): readonly (readonly [name: string, value: string])[] {
  if (text === undefined) return []
  const values = readProperties('smbios1', text, smbiosFormat)
  const names = ['uuid', 'manufacturer', 'product', 'version', 'serial', 'sku', 'family'] as const
  return names.flatMap(name => {
    const value = values[name]
    if (value === undefined) return []
    const decoded = values.base64 === true && name !== 'uuid' ? Buffer.from(value, 'base64').toString('utf8') : value
    if (/[\u0000-\u001f\u007f]/.test(decoded)) {
      throw new InvalidInputError(
        `'${name}' of 'smbios1' holds control characters`,
        {[`smbios1.${name}`]: 'holds control characters'},
      )
    }
    return [[name, decoded] as const]
  })
}
