// The keys of qm.conf for what the guest is seen and heard with: vga, keyboard, tablet, audio0, spice_enhancements, and their reading.
import {InvalidInputError} from '../../../base/index.ts'
import type {Params, PropertyFormat, Values} from '../../../spec/index.ts'
import {readProperties} from '../../read-properties.ts'

export const vgaFormat = {
  type: {
    type: 'string', defaultKey: true, default: 'std', optional: true,
    enum: ['cirrus', 'none', 'qxl', 'qxl2', 'qxl3', 'qxl4', 'serial0', 'serial1', 'serial2', 'serial3', 'std', 'virtio', 'virtio-gl', 'vmware'],
    description: 'The card: `std` suits most guests, `qxl` to `qxl4` are SPICE cards with one to four displays, `serialN` means no card but a serial port.',
  },
  clipboard: {type: 'string', enum: ['vnc'], optional: true, description: 'Shares the clipboard with VNC viewers, which needs the SPICE agent in the guest.'},
  memory: {type: 'integer', minimum: 4, maximum: 512, optional: true, description: 'Memory of the card in MiB. No effect with a serial display.'},
} as const satisfies PropertyFormat

const audioFormat = {
  device: {type: 'string', enum: ['AC97', 'ich9-intel-hda', 'intel-hda'], description: 'The sound card that the guest sees.'},
  driver: {type: 'string', enum: ['none', 'spice'], default: 'spice', optional: true, description: 'Where the sound goes.'},
} as const satisfies PropertyFormat

const spiceFormat = {
  foldersharing: {type: 'boolean', default: false, optional: true, description: 'Whether viewers may share a folder with the guest (spice-webdavd in the guest).'},
  videostreaming: {
    type: 'string', enum: ['all', 'filter', 'off'], default: 'off', optional: true,
    description: 'Which parts of the screen are sent as a compressed video.',
  },
} as const satisfies PropertyFormat

export const displayParams = {
  vga: {type: 'string', optional: true, format: vgaFormat, description: 'The graphics card.'},
  keyboard: {
    type: 'string', optional: true,
    enum: [
      'da', 'de', 'de-ch', 'en-gb', 'en-us', 'es', 'fi', 'fr', 'fr-be', 'fr-ca', 'fr-ch', 'hu', 'is', 'it', 'ja', 'lt', 'mk', 'nl', 'no', 'pl', 'pt', 'pt-br',
      'sl', 'sv', 'tr',
    ],
    description: 'Keyboard layout of the VNC server. Best left out: viewers send key positions.',
  },
  tablet: {type: 'boolean', default: true, optional: true, description: 'Whether there is a USB tablet, which keeps the guest\'s pointer where the viewer\'s is.'},
  audio0: {type: 'string', optional: true, format: audioFormat, description: 'A sound card.'},
  spice_enhancements: {type: 'string', optional: true, format: spiceFormat, description: 'Additional abilities of the SPICE display.'},
} as const satisfies Params

export interface VgaSettings {
  readonly type: NonNullable<Values<typeof vgaFormat>['type']> | undefined
  readonly clipboardVnc: boolean
  readonly memoryMib: number | undefined
}

/** @throws InvalidInputError also for a clipboard on a card that has none */
export function readVga(text: string | undefined): VgaSettings {
  if (text === undefined) return {type: undefined, clipboardVnc: false, memoryMib: undefined}
  const vga = readProperties('vga', text, vgaFormat)
  if (vga.clipboard === 'vnc' && vga.type !== undefined && !/^(?:std|cirrus|vmware|virtio|qxl)/.test(vga.type)) {
    throw new InvalidInputError(
      `the display '${vga.type}' has no clipboard; use std, cirrus, vmware, virtio or qxl`,
      {'vga.clipboard': `does not go with '${vga.type}'`},
    )
  }
  return {type: vga.type, clipboardVnc: vga.clipboard === 'vnc', memoryMib: vga.memory}
}

export function readAudio(text: string | undefined): Values<typeof audioFormat> | undefined {
  return text === undefined ? undefined : readProperties('audio0', text, audioFormat)
}

export function readSpiceEnhancements(text: string | undefined): Values<typeof spiceFormat> {
  return text === undefined ? {} : readProperties('spice_enhancements', text, spiceFormat)
}
