// The -machine argument, the virtual IOMMU, and what a board's power states and old hotplug behaviour need.
import {readFlag, readMachine} from '../config/index.ts'
import {clockSettings} from './clock.ts'
import type {Guest} from './guest.ts'
import {binaryVersion, isAtLeast} from './machine-version.ts'
import {optionText} from './option-text.ts'

/** Arguments in the order that QEMU sees the flags; `firmwareFlags` come first, those of encrypted memory last. */
export function machineArguments(guest: Guest, firmwareFlags: readonly string[], encryptionFlags: readonly string[]): string[] {
  const {values, machine} = guest
  const flags = [
    ...firmwareFlags,
    ...(readFlag(values['acpi']) === false ? ['acpi=off'] : []),
    ...clockSettings(guest).machineFlags,
    ...(readFlag(values['allow-ksm']) === false ? ['mem-merge=off'] : []),
    ...(guest.usesKvm ? [] : ['accel=tcg']),
    ...(needsSmmOff(guest) ? ['smm=off'] : []),
    `type=${machine.type}`,
    ...(readMachine(values['machine']).viommu === 'intel' && !encryptionFlags.includes('kernel-irqchip=split') ? ['kernel-irqchip=split'] : []),
    ...encryptionFlags,
  ]
  return ['-machine', flags.join(',')]
}

/** SeaBIOS hangs in System Management Mode when there is no display card. */
function needsSmmOff(guest: Guest): boolean {
  return guest.arch === 'x86_64' && (guest.values['bios'] ?? 'seabios') === 'seabios' && /^(?:serial\d|none)$/.test(guest.vga.type)
}

/** Suspending to memory or disk, which hardly any guest survives, is off since 9.2+pve1 unless asked for. */
export function powerStateArguments(guest: Guest): string[] {
  if (guest.arch !== 'x86_64') return []
  const settings = readMachine(guest.values['machine'])
  const isOnByDefault = !isAtLeast(guest.machine.version, 9, 2, 1)
  const device = guest.machine.isQ35 ? 'ICH9-LPC' : 'PIIX4_PM'
  return [
    ...(settings['enable-s3'] ?? isOnByDefault ? [] : ['-global', `${device}.disable_s3=1`]),
    ...(settings['enable-s4'] ?? isOnByDefault ? [] : ['-global', `${device}.disable_s4=1`]),
  ]
}

/**
 * QEMU 6.1 moved hotplug of q35 to ACPI, which renames the network cards of Linux guests that were there before. Guests made since
 * then (`meta` says so) and those with a versioned board are not touched.
 */
export function hotplugCompatibilityArguments(guest: Guest): string[] {
  const {machine, values} = guest
  const created = /(?:^|,)creation-qemu=(\d{1,3}(?:\.\d{1,3})+)/.exec(values['meta'] ?? '')?.[1]
  const wasMadeBefore = created === undefined || !isAtLeast(binaryVersion(created), 6, 1)
  if (!machine.isQ35 || machine.isVersioned || !wasMadeBefore || values['ostype'] !== 'l26') return []
  return isAtLeast(binaryVersion(guest.emulator.version), 6, 1) ? ['-global', 'ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off'] : []
}

/** The board file of q35: its USB controllers, root ports and bridges. */
export function boardDevices(guest: Guest): string[] {
  if (!guest.machine.isQ35) return []
  const {support} = guest.input.host
  return ['-readconfig', isAtLeast(guest.machine.version, 4, 0) ? support.q35 : support.q35Before4]
}

/** Intel's IOMMU must come before all other devices, virtio's may come last. */
export function iommuDevices(guest: Guest): {readonly first: readonly string[]; readonly last: readonly string[]} {
  const {viommu, 'aw-bits': bits} = readMachine(guest.values['machine'])
  if (viommu === 'intel') return {first: ['-device', optionText('intel-iommu', {intremap: true, 'caching-mode': true, 'aw-bits': bits})], last: []}
  if (viommu === 'virtio') return {first: [], last: ['-device', optionText('virtio-iommu-pci', {'aw-bits': bits})]}
  return {first: [], last: []}
}
