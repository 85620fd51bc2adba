// Where each device sits on the guest's PCI buses. A guest that comes from Proxmox VE keeps its hardware only if every device keeps
// its bus and slot, so this table is a fact of compatibility and may only grow.
import {optionList} from './option-text.ts'
import type {Guest} from './guest.ts'

interface Slot { readonly bus: number; readonly slot: number }

/** A row of devices with consecutive numbers on consecutive slots. */
function row(prefix: string, first: number, count: number, bus: number, slot: number): [string, Slot][] {
  return Array.from({length: count}, (_, offset) => [`${prefix}${first + offset}`, {bus, slot: slot + offset}])
}

const slots: ReadonlyMap<string, Slot> = new Map([
  ['piix3', {bus: 0, slot: 1}],
  ['ehci', {bus: 0, slot: 1}],
  ['vga', {bus: 0, slot: 2}],
  ['balloon0', {bus: 0, slot: 3}],
  ['watchdog', {bus: 0, slot: 4}],
  ...row('scsihw', 0, 2, 0, 5),
  // With virtio-scsi-single there is no scsihw0, and its slot holds the bridge to the controllers.
  ['pci.3', {bus: 0, slot: 5}],
  ['ahci0', {bus: 0, slot: 7}],
  ['qga0', {bus: 0, slot: 8}],
  ['spice', {bus: 0, slot: 9}],
  ...row('virtio', 0, 6, 0, 10),
  ...row('hostpci', 0, 2, 0, 16),
  ...row('net', 0, 6, 0, 18),
  ...row('vga', 1, 3, 0, 24),
  ...row('hostpci', 2, 2, 0, 27),
  ['pci.1', {bus: 0, slot: 30}],
  ['pci.2', {bus: 0, slot: 31}],
  ...row('net', 6, 26, 1, 1),
  ['xhci', {bus: 1, slot: 27}],
  ['pci.4', {bus: 1, slot: 28}],
  ['rng0', {bus: 1, slot: 29}],
  ...row('virtio', 6, 10, 2, 1),
  ['ivshmem', {bus: 2, slot: 11}],
  ['audio0', {bus: 2, slot: 12}],
  ...row('hostpci', 4, 12, 2, 13),
  ...row('virtioscsi', 0, 31, 3, 1),
  ...row('scsihw', 2, 3, 4, 1),
])

/** The `bus` and `addr` of a device, as options. */
export function pciAddress(id: string, guest: Guest): {readonly bus: string; readonly addr: string} {
  const slot = slots.get(id)
  if (slot === undefined) throw new Error(`the device '${id}' has no place on a PCI bus`)
  // ARM's virt board has no plain PCI bus; its root bus carries the same slots.
  const family = guest.arch === 'aarch64' ? 'pcie' : 'pci'
  return {bus: `${family}.${slot.bus}`, addr: `0x${slot.slot.toString(16)}`}
}

/** Slots of q35's root bus: the first display, shared memory, and for Windows 7, which cannot do with ports, devices of the host. */
const rootSlots: ReadonlyMap<string, number> = new Map([
  ['vga', 1],
  ...[16, 17, 18, 19, 9, 10, 11, 12, 13, 14, 15, 21, 22, 23, 24, 25].map((slot, index) => [`hostpci${index}`, slot] as const),
  ['ivshmem', 20],
])

/** The place of a device on q35's root bus itself. */
export function rootAddress(id: string): {readonly bus: string; readonly addr: string} {
  const slot = rootSlots.get(id)
  if (slot === undefined) throw new Error(`the device '${id}' has no place on the root bus`)
  return {bus: 'pcie.0', addr: `0x${slot.toString(16)}`}
}

/** PCI Express devices of the host sit each behind a port of their own. */
export function expressAddress(index: number): {readonly bus: string; readonly addr: string} {
  return {bus: `ich9-pcie-port-${index + 1}`, addr: '0x0'}
}

/** The port for a PCI Express device; the board brings those of the first four. */
export function expressRootPort(index: number): string[] {
  if (index < 4) return []
  const number = index + 1
  const addr = `1${Math.floor((index - 4) / 8)}.${(index - 4) % 8}`
  return ['-device', `pcie-root-port,${optionList({
    id: `ich9-pcie-port-${number}`, addr, 'x-speed': 16, 'x-width': 32, multifunction: true, bus: 'pcie.0', port: number, chassis: number,
  })}`]
}

/**
 * The bridges that the given devices need, as -device arguments, outermost first. q35 boards bring the first four in their file
 * (libexec/qemu/); others always have 1 and 2, so that cards can be plugged into them later.
 */
export function pciBridges(devices: readonly string[], scsiHardware: string, guest: Guest): string[] {
  const used = new Set(devices.flatMap(device => [...device.matchAll(/(?:^|,)bus=pcie?\.([1-4])(?=,|$)/g)].map(match => Number(match[1]))))
  if (used.has(4)) used.add(1)
  if (!guest.machine.isQ35) {
    used.add(1).add(2)
    if (scsiHardware === 'virtio-scsi-single') used.add(3)
  }
  return [...used].sort().filter(bridge => !guest.machine.isQ35 || bridge > 3).flatMap(bridge =>
    ['-device', `pci-bridge,${optionList({id: `pci.${bridge}`, chassis_nr: bridge, ...pciAddress(`pci.${bridge}`, guest)})}`])
}
