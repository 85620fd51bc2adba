// USB: controllers, the tablet that keeps the pointer in place, and devices of the host or of a SPICE viewer.
import {InvalidInputError, NotFoundError} from '../../../base/index.ts'
import {readFlag, readUsb, usbCount} from '../config/index.ts'
import type {UsbDevice} from '../config/index.ts'
import type {Guest} from './guest.ts'
import type {MappedUsbDevice} from './input.ts'
import {isAtLeast} from './machine-version.ts'
import {optionText} from './option-text.ts'
import {pciAddress} from './pci-addresses.ts'

/** Guests without the xhci controller have this many devices. */
const countWithoutXhci = 5

/** Whether all devices go to one USB 3 controller: newer boards with guests that have a driver for it. */
export function usesXhci(guest: Guest): boolean {
  return isAtLeast(guest.machine.version, 7, 1) && (guest.values['ostype'] === 'l26' || guest.windows > 7)
}

/** @throws InvalidInputError for a device beyond those that the guest's controllers have room for */
export function usbDevicesOf(guest: Guest): UsbDevice[] {
  const devices: UsbDevice[] = []
  for (let index = 0; index < usbCount; index++) {
    const key = `usb${index}`
    const text = guest.values[key]
    if (text === undefined) continue
    if (index >= countWithoutXhci && !usesXhci(guest)) {
      throw new InvalidInputError(
        `'${key}' needs a machine version of at least 7.1 and the ostype l26 or Windows 8 and later`,
        {[key]: 'needs a newer machine version or ostype'},
      )
    }
    devices.push(readUsb(key, text))
  }
  return devices
}

export function usbControllers(guest: Guest): string[] {
  const devices = usbDevicesOf(guest)
  const controllers: string[] = []
  if (guest.arch === 'aarch64') controllers.push('-device', optionText('usb-ehci', {id: 'ehci', ...pciAddress('ehci', guest)}))
  else if (!guest.machine.isQ35) {
    const {bus, addr} = pciAddress('piix3', guest)
    controllers.push('-device', optionText('piix3-usb-uhci', {id: 'uhci', bus, addr: `${addr}.0x2`}))
  }
  if (usesXhci(guest)) {
    if (devices.length > 0) controllers.push('-device', optionText('qemu-xhci', {p2: 15, p3: 15, id: 'xhci', ...pciAddress('xhci', guest)}))
    return controllers
  }
  if (!guest.machine.isQ35 && guest.arch !== 'aarch64' && devices.some(device => !device.usb3)) {
    controllers.push('-readconfig', guest.input.host.support.usb)
  }
  if (devices.some(device => device.usb3)) controllers.push('-device', optionText('nec-usb-xhci', {id: 'xhci', ...pciAddress('xhci', guest)}))
  return controllers
}

/** SPICE brings its own pointer, and a serial console has none. */
export function pointerDevices(guest: Guest): string[] {
  const hasTablet = readFlag(guest.values['tablet']) ?? (guest.vga.qxlCount === 0 && !guest.vga.type.startsWith('serial'))
  if (!hasTablet) return []
  const bus = guest.machine.isQ35 || guest.arch === 'aarch64' ? 'ehci.0' : 'uhci.0'
  return [
    '-device', optionText('usb-tablet', {id: 'tablet', bus, port: 1}),
    ...(guest.arch === 'aarch64' ? ['-device', optionText('usb-kbd', {id: 'keyboard', bus, port: 2})] : []),
  ]
}

export function usbDevices(guest: Guest, bootIndexes: ReadonlyMap<string, number>): string[] {
  return usbDevicesOf(guest).flatMap(device => {
    const port = usesXhci(guest) ? device.index + 1 : undefined
    const isOnXhci = device.usb3 || port !== undefined
    if (device.host.kind === 'spice') {
      // Redirection to USB 3 ports came with boards of version 4.0.
      const isRedirectedToXhci = port !== undefined || (device.usb3 && isAtLeast(guest.machine.version, 4, 0))
      if (bootIndexes.has(device.key)) guest.warn(`'${device.key}' is a port for SPICE viewers and cannot be booted from`)
      const chardev = `usbredirchardev${device.index}`
      return [
        '-chardev', optionText('spicevmc', {id: chardev, name: 'usbredir'}),
        '-device', optionText('usb-redir', {chardev, id: `usbredirdev${device.index}`, bus: isRedirectedToXhci ? 'xhci.0' : 'ehci.0', port}),
      ]
    }
    const host = device.host.kind === 'mapping' ? mappedDevice(device.key, device.host.name, guest) : device.host
    const address = host.kind === 'id' ? {vendorid: `0x${host.vendor}`, productid: `0x${host.product}`} : {hostbus: host.bus, hostport: host.port}
    return ['-device', optionText('usb-host', {bus: isOnXhci ? 'xhci.0' : undefined, port, ...address, id: device.key, bootindex: bootIndexes.get(device.key)})]
  })
}

/** @throws NotFoundError for a name that has no entry for this host */
function mappedDevice(key: string, name: string, guest: Guest): MappedUsbDevice {
  const mapped = Object.entries(guest.input.host.usbMappings).find(([known]) => known === name)?.[1]
  if (mapped !== undefined) return mapped
  throw new NotFoundError(`'${key}' wants the USB device '${name}', and mapping/usb.cfg has no entry of that name for this node`, {
    data: {key}, nextSteps: [`Name the device itself: qm set ${guest.input.vmid} --${key} host=VENDOR:PRODUCT (lsusb shows them)`],
  })
}
