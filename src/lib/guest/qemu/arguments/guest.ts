// The guest as all device modules see it: its configuration values with what follows from them and from the host, worked out once.
import {InvalidInputError, UnsupportedError} from '../../../base/index.ts'
import {checkPlainValues, readFlag, readHostPciDevices, readVga, windowsGeneration} from '../config/index.ts'
import type {VgaSettings} from '../config/index.ts'
import type {Architecture, ArgumentsInput, Emulator} from './input.ts'
import {isAtLeast, resolveMachine} from './machine-version.ts'
import type {Machine} from './machine-version.ts'

export interface Guest {
  readonly input: ArgumentsInput
  /** The values that count: those of the configuration, or for a template only its disks and what they need. */
  readonly values: Readonly<Record<string, string>>
  readonly arch: Architecture
  readonly emulator: Emulator
  readonly machine: Machine
  readonly usesKvm: boolean
  readonly isTemplate: boolean
  /** 0 when it is not Windows. */
  readonly windows: number
  readonly vga: GuestVga
  /** Whether drives are given as -blockdev; boards before 10.0 keep the older -drive, as their guests were started with it. */
  readonly usesBlockdev: boolean
  readonly warn: (message: string) => void
}

export interface GuestVga extends Omit<VgaSettings, 'type'> {
  readonly type: 'cirrus' | 'std' | 'vmware' | 'virtio' | 'virtio-gl' | 'qxl' | 'none' | 'serial0' | 'serial1' | 'serial2' | 'serial3'
  /** Displays of a qxl card, 0 for others. */
  readonly qxlCount: number
}

/** @throws InvalidInputError, UnsupportedError when the host cannot run such a guest at all */
export function describeGuest(input: ArgumentsInput, warn: (message: string) => void): Guest {
  const isTemplate = readFlag(input.config.values['template']) ?? false
  const values = isTemplate ? templateValues(input.config.values) : input.config.values
  checkPlainValues(values)
  const arch = (values['arch'] as Architecture | undefined) ?? input.host.arch
  const emulator = input.host.emulators[arch]
  if (emulator === undefined) {
    throw new UnsupportedError(`no QEMU for ${arch} guests is installed`, {
      nextSteps: [`apt-get install ${arch === 'x86_64' ? 'qemu-system-x86' : 'qemu-system-arm'}`], data: {key: 'arch'},
    })
  }
  const machine = resolveMachine(values, arch, emulator.version)
  const isNative = arch === input.host.arch
  const usesKvm = isTemplate ? false : readFlag(values['kvm']) ?? isNative
  if (usesKvm && !isNative) throw new InvalidInputError(`KVM cannot run ${arch} guests on this host; set kvm to 0`, {kvm: 'must be 0'})
  if (usesKvm && !input.host.isKvmUsable) {
    throw new UnsupportedError('KVM is not usable on this host (/dev/kvm), and the configuration does not do without it', {
      nextSteps: [`Enable virtualisation in the firmware of the host, or emulate the processor: qm set ${input.vmid} --kvm 0`], data: {key: 'kvm'},
    })
  }
  const windows = windowsGeneration(values['ostype'])
  return {
    input, values, arch, emulator, machine, usesKvm, isTemplate, windows, warn,
    vga: describeVga(vgaText(values), arch, windows), usesBlockdev: isAtLeast(machine.version, 10, 0),
  }
}

/** A template runs only to have its disks read (backups), so nothing but the disks counts. */
function templateValues(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(Object.entries(values).filter(([key]) => /^(?:(?:ide|sata|scsi|virtio)\d+|efidisk0|scsihw|bios|name|template)$/.test(key))),
    vga: 'none',
  }
}

/** A card of the host that is the guest's main one takes the place of ours, unless one is asked for. */
function vgaText(values: Readonly<Record<string, string>>): string | undefined {
  return values['vga'] ?? (hasOwnGraphics(values) ? 'none' : undefined)
}

/** Whether a card of the host is the guest's main one (x-vga). */
export function hasOwnGraphics(values: Readonly<Record<string, string>>): boolean {
  return readHostPciDevices(values).some(device => device['x-vga'] === true)
}

function describeVga(text: string | undefined, arch: Architecture, windows: number): GuestVga {
  const vga = readVga(text)
  const qxl = /^qxl([234])?$/.exec(vga.type ?? '')
  if (qxl !== null) return {...vga, type: 'qxl', qxlCount: Number(qxl[1] ?? 1)}
  // Windows before Vista has no driver for the standard card.
  const fallback = arch === 'aarch64' ? 'virtio' : windows === 0 || windows >= 6 ? 'std' : 'cirrus'
  return {...vga, type: (vga.type as GuestVga['type'] | undefined) ?? fallback, qxlCount: 0}
}
