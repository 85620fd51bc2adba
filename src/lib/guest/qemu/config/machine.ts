// The keys of qm.conf for the board: machine, bios, ostype, scsihw, arch, acpi, kvm, watchdog, and their reading.
import {InvalidInputError} from '../../../base/index.ts'
import type {Params, PropertyFormat, Values} from '../../../spec/index.ts'
import {readProperties} from '../../read-properties.ts'

const version = '\\d+(?:\\.\\d+)+(?:\\+pve\\d+)?'

export const machineFormat = {
  type: {
    type: 'string', maxLength: 40, defaultKey: true, optional: true, placeholder: 'machine-type',
    pattern: `(?:pc|q35|pc(?:-i440fx)?-${version}(?:\\.pxe)?|pc-q35-${version}(?:\\.pxe)?|virt(?:-\\d+(?:\\.\\d+)+)?(?:\\+pve\\d+)?)`,
    description: 'The board: `pc` (i440fx), `q35` (with PCI Express), `virt` (ARM), or one of a certain version, such as pc-q35-9.0.',
  },
  'aw-bits': {type: 'number', minimum: 32, maximum: 64, optional: true, description: 'Address bits of the virtual IOMMU (Intel\'s: 39 or 48).'},
  'enable-s3': {type: 'boolean', optional: true, description: 'Whether the guest may suspend to memory. Off by default since machine version 9.2+pve1.'},
  'enable-s4': {type: 'boolean', optional: true, description: 'Whether the guest may suspend to disk. Off by default since machine version 9.2+pve1.'},
  viommu: {type: 'string', enum: ['intel', 'virtio'], optional: true, description: 'A virtual IOMMU for the guest; Intel\'s needs q35.'},
} as const satisfies PropertyFormat

const watchdogFormat = {
  model: {type: 'string', enum: ['i6300esb', 'ib700'], default: 'i6300esb', defaultKey: true, optional: true, description: 'The watchdog card.'},
  action: {
    type: 'string', enum: ['debug', 'none', 'pause', 'poweroff', 'reset', 'shutdown'], optional: true,
    description: 'What happens when the guest stopped feeding it.',
  },
} as const satisfies PropertyFormat

export const scsiControllers = ['lsi', 'lsi53c810', 'megasas', 'pvscsi', 'virtio-scsi-pci', 'virtio-scsi-single'] as const
export const osTypes = ['l24', 'l26', 'other', 'solaris', 'w2k', 'w2k3', 'w2k8', 'win10', 'win11', 'win7', 'win8', 'wvista', 'wxp'] as const
export type OsType = (typeof osTypes)[number]

export const machineParams = {
  machine: {type: 'string', optional: true, format: machineFormat, description: 'The board of the guest.'},
  arch: {type: 'string', enum: ['aarch64', 'x86_64'], optional: true, description: 'The processor architecture; the host\'s own when not set.'},
  ostype: {
    type: 'string', enum: osTypes, default: 'other', optional: true,
    description: 'The guest\'s operating system: l26 is any Linux since 2.6, win11 covers Windows 11, 2022 and 2025. It decides on timers, CPU and display.',
  },
  scsihw: {type: 'string', enum: scsiControllers, default: 'lsi', optional: true, description: 'The controller of the scsi[n] drives.'},
  acpi: {type: 'boolean', default: true, optional: true, description: 'Whether the guest has ACPI.'},
  kvm: {
    type: 'boolean', default: true, optional: true,
    description: 'Whether the host\'s processor runs the guest. 0 emulates it, which is slow and works everywhere.',
  },
  watchdog: {type: 'string', optional: true, format: watchdogFormat, description: 'A watchdog card.'},
} as const satisfies Params

export type MachineSettings = Values<typeof machineFormat>

/** @throws InvalidInputError also for settings of the IOMMU that contradict each other */
export function readMachine(text: string | undefined): MachineSettings {
  if (text === undefined) return {}
  const machine = readProperties('machine', text, machineFormat)
  const bits = machine['aw-bits']
  if (machine.viommu === 'intel') {
    if (!isQ35(machine)) throw new InvalidInputError('the Intel IOMMU needs the machine type q35', {'machine.viommu': 'needs q35'})
    if (bits !== undefined && bits !== 39 && bits !== 48) {
      throw new InvalidInputError(
        'the Intel IOMMU has 39 or 48 address bits',
        {'machine.aw-bits': 'must be 39 or 48'},
      )
    }
  }
  if (bits !== undefined && machine.viommu === undefined) {
    throw new InvalidInputError('\'aw-bits\' of \'machine\' needs an IOMMU; set viommu as well', {'machine.aw-bits': 'needs viommu'})
  }
  return machine
}

export function isQ35(machine: MachineSettings): boolean {
  return machine.type !== undefined && machine.type.includes('q35')
}

export function readWatchdog(text: string | undefined): Values<typeof watchdogFormat> | undefined {
  return text === undefined ? undefined : readProperties('watchdog', text, watchdogFormat)
}

/** The generation of Windows that an ostype stands for, 0 for others: XP and 2000 are 5, Vista and 2008 are 6, then 7, 8, 10, 11. */
export function windowsGeneration(ostype: string | undefined): number {
  const generations: Readonly<Record<string, number>> = {w2k: 5, w2k3: 5, wxp: 5, w2k8: 6, wvista: 6, win7: 7, win8: 8, win10: 10, win11: 11}
  return ostype === undefined ? 0 : generations[ostype] ?? 0
}
