// mapping/pci.cfg and mapping/usb.cfg: names for devices of the host that mean something on every node. Each section is headed by its name
// alone and has a `map` line for each device, with the node that it is on.
import {InvalidInputError} from '../../../base/index.ts'
import {parsePropertyString} from '../../../spec/property-string.ts'
import {parseSectionConfig} from '../../../spec/section-config.ts'
import type {Params, PropertyFormat, Values} from '../../../spec/index.ts'

const ids = '[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}'
const pciPath = '[a-f0-9]{4,8}:[a-f0-9]{2}:[a-f0-9]{2}(?:\\.[a-f0-9])?'
const text = {type: 'string', maxLength: 4096, optional: true} as const

const pciEntryFormat = {
  id: {type: 'string', pattern: ids},
  node: {type: 'string', format: 'pve-node'},
  path: {type: 'string', pattern: `${pciPath}(?:;${pciPath}){0,63}`},
  description: text,
  iommugroup: {type: 'integer', optional: true},
  'subsystem-id': {type: 'string', pattern: ids, optional: true},
} as const satisfies PropertyFormat

const usbEntryFormat = {
  id: {type: 'string', pattern: ids},
  node: {type: 'string', format: 'pve-node'},
  description: text,
  path: {type: 'string', pattern: '\\d+-\\d+(?:\\.\\d+)*', optional: true},
} as const satisfies PropertyFormat

const map = {type: 'array', items: {type: 'string'}} as const
const pciParams = {
  description: text, map, mdev: {type: 'boolean', optional: true}, 'live-migration-capable': {type: 'boolean', optional: true},
} as const satisfies Params
const usbParams = {description: text, map} as const satisfies Params

export type PciMappingEntry = Values<typeof pciEntryFormat>
export interface PciMapping { readonly name: string; readonly mdev: boolean; readonly entries: readonly PciMappingEntry[] }
export interface UsbMapping { readonly name: string; readonly entries: readonly Values<typeof usbEntryFormat>[] }

/** @throws InvalidInputError naming the section that is wrong */
export function parsePciMappings(file: string): PciMapping[] {
  return parseSectionConfig(withType(file, 'pci'), {pci: {options: pciParams}}).map(({id, values}) => ({
    name: id, mdev: values['mdev'] === true, entries: entriesOf(id, values, pciEntryFormat, 'mapping/pci.cfg'),
  }))
}

/** @throws InvalidInputError naming the section that is wrong */
export function parseUsbMappings(file: string): UsbMapping[] {
  return parseSectionConfig(withType(file, 'usb'), {usb: {options: usbParams}}).map(({id, values}) => ({name: id, entries: entriesOf(id, values, usbEntryFormat, 'mapping/usb.cfg')}))
}

function entriesOf<const F extends PropertyFormat>(name: string, values: Readonly<Record<string, unknown>>, format: F, file: string): Values<F>[] {
  return (values['map'] as readonly string[]).map(line => {
    try {
      return parsePropertyString(line, format) as Values<F>
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error
      throw new InvalidInputError(`${file}: an entry of '${name}' is wrong: ${error.message}`, error.fields)
    }
  })
}

/** Heads as section files have them everywhere else: `pci: NAME`. Line numbers stay as they are. */
function withType(file: string, type: string): string {
  return file.split('\n').map(line => (/^[A-Za-z][\w-]*\s*$/.test(line) ? `${type}: ${line.trim()}` : line)).join('\n')
}
