// PCI devices of the host (vfio-pci). Which of them the guest gets has been decided by then (host-devices/).
import {InvalidInputError} from '../../../base/index.ts'
import {readHostPciDevices} from '../config/index.ts'
import type {HostPci} from '../config/index.ts'
import type {ChosenPci} from '../host-devices/index.ts'
import type {Guest} from './guest.ts'
import {optionText} from './option-text.ts'
import type {OptionValue} from './option-text.ts'
import {expressAddress, expressRootPort, pciAddress, rootAddress} from './pci-addresses.ts'

/** Where QEMU is given ROM files from. */
const romFolder = '/usr/share/kvm'

/** @throws InvalidInputError for devices that the guest's board has no place for */
export function hostPciDevices(guest: Guest, bootIndexes: ReadonlyMap<string, number>): string[] {
  const devices = readHostPciDevices(guest.values)
  const graphics = devices.filter(device => device['legacy-igd'] === true)
  if (graphics.length > 1) throw wrong(graphics[1], 'legacy-igd', 'only one device can be the first display')
  return devices.flatMap(device => {
    const chosen = guest.input.hostPci[device.key]
    if (chosen === undefined) throw new Error(`the builder was not told what '${device.key}' stands for`)
    if (device['legacy-igd'] === true) checkLegacyGraphics(device, chosen, guest)
    return [...rootPort(device, guest), ...vfioDevices(device, chosen, guest, bootIndexes.get(device.key))]
  })
}

/** q35 brings four ports; more are added as they are needed. Windows 7 wants no ports. */
function rootPort(device: HostPci, guest: Guest): string[] {
  if (device.pcie !== true || !guest.machine.isQ35 || guest.windows === 7) return []
  return expressRootPort(device.index)
}

function vfioDevices(device: HostPci, chosen: ChosenPci, guest: Guest, bootIndex: number | undefined): string[] {
  const {bus, addr} = addressOf(device, guest)
  if (chosen.mdev !== undefined) {
    return ['-device', optionText('vfio-pci', {sysfsdev: `/sys/bus/mdev/devices/${chosen.mdev.uuid}`, id: device.key, bus, addr, ...traits(device, guest, bootIndex)})]
  }
  const hasFunctions = chosen.addresses.length > 1
  if (chosen.addresses.length > 8) throw wrong(device, 'host', `stands for ${chosen.addresses.length} devices, and a slot has room for 8`)
  return chosen.addresses.flatMap((host, number) => {
    const suffix = hasFunctions ? `.${number}` : ''
    const first = number === 0 ? {...traits(device, guest, bootIndex), multifunction: hasFunctions ? true : undefined} : {}
    return ['-device', optionText('vfio-pci', {host, id: `${device.key}${suffix}`, bus, addr: `${addr}${suffix}`, ...first})]
  })
}

function traits(device: HostPci, guest: Guest, bootIndex: number | undefined): Record<string, OptionValue> {
  return {
    rombar: device.rombar === false ? 0 : undefined,
    // OVMF drives the card by its own ROM; only SeaBIOS needs the old VGA ranges.
    'x-vga': device['x-vga'] === true && guest.values['bios'] !== 'ovmf' ? true : undefined,
    romfile: device.romfile === undefined ? undefined : `${romFolder}/${device.romfile}`,
    bootindex: bootIndex,
    'x-pci-vendor-id': device['vendor-id'],
    'x-pci-device-id': device['device-id'],
    'x-pci-sub-vendor-id': device['sub-vendor-id'],
    'x-pci-sub-device-id': device['sub-device-id'],
  }
}

function addressOf(device: HostPci, guest: Guest): {readonly bus: string; readonly addr: string} {
  if (device['legacy-igd'] === true) return pciAddress('vga', guest)
  if (device.pcie !== true) return pciAddress(device.key, guest)
  if (guest.arch === 'x86_64' && !guest.machine.isQ35) throw wrong(device, 'pcie', 'needs the machine type q35')
  if (!guest.machine.isQ35) return pciAddress(device.key, guest)
  return guest.windows === 7 ? rootAddress(device.key) : expressAddress(device.index)
}

/** Conditions of QEMU's document on IGD assignment. */
function checkLegacyGraphics(device: HostPci, chosen: ChosenPci, guest: Guest): void {
  const fail = (reason: string) => { throw wrong(device, 'legacy-igd', reason) }
  if (guest.values['vga'] === undefined || guest.vga.type !== 'none') fail('needs vga to be none')
  if (guest.machine.isQ35) fail('needs the machine type pc')
  if (device.rombar === false) fail('needs the ROM (rombar)')
  if (device['x-vga'] === true) fail('does not go with x-vga')
  if (device.mdev !== undefined) fail('does not go with mdev')
  if (chosen.addresses.length !== 1 || !/:00:02\.0$/.test(chosen.addresses[0] ?? '')) fail('is for the one device 00:02.0')
}

function wrong(device: HostPci | undefined, property: string, reason: string): InvalidInputError {
  const key = device?.key ?? 'hostpci'
  return new InvalidInputError(`'${property}' of '${key}': ${reason}`, {[`${key}.${property}`]: reason})
}
