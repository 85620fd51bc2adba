// What the guest is seen with: the graphics card, the VNC server, SPICE.
import {readSpiceEnhancements} from '../config/index.ts'
import type {Guest} from './guest.ts'
import {isAtLeast} from './machine-version.ts'
import {optionList, optionText} from './option-text.ts'
import {pciAddress, rootAddress} from './pci-addresses.ts'

const cards = {cirrus: 'cirrus-vga', std: 'VGA', vmware: 'vmware-svga', virtio: 'virtio-vga', 'virtio-gl': 'virtio-vga-gl'} as const

function hasCard(guest: Guest): boolean {
  return guest.vga.type !== 'none' && !guest.vga.type.startsWith('serial')
}

/** The VNC server, or nothing at all to look at. Its password is set through QMP when somebody connects. */
export function viewArguments(guest: Guest): string[] {
  if (!hasCard(guest)) return [...(guest.vga.type === 'none' ? ['-vga', 'none'] : []), '-nographic']
  return [
    ...(guest.vga.type === 'virtio-gl' ? ['-display', 'egl-headless,gl=core'] : []),
    '-vnc', optionText(`unix:${guest.input.paths.vnc.replaceAll(',', ',,')}`, {password: true}),
  ]
}

export function displayDevices(guest: Guest): string[] {
  return hasCard(guest) ? cardDevice(guest, 0) : []
}

function cardDevice(guest: Guest, number: number): string[] {
  const {vga} = guest
  const id = number === 0 ? 'vga' : `vga${number}`
  const isQxl = vga.type === 'qxl'
  const driver = isQxl ? (number === 0 ? 'qxl-vga' : 'qxl') : virtualDriver(guest)
  const address = guest.machine.isQ35 && number === 0 ? rootAddress('vga') : pciAddress(id, guest)
  // Linux drives up to four displays with one qxl card; Windows wants a card for each.
  const outputs = isQxl && isLinuxLike(guest) && isAtLeast(guest.machine.version, 4, 1) ? 4 : undefined
  // Windows with SeaBIOS picks wrong resolutions when the card describes its display.
  const edid = driver === 'VGA' && guest.windows > 0 && guest.values['bios'] !== 'ovmf' ? false : undefined
  return ['-device', optionText(driver, {id, ...cardMemory(guest, number), max_outputs: outputs, ...address, edid})]
}

function virtualDriver(guest: Guest): string {
  const type = guest.vga.type as keyof typeof cards
  return guest.arch === 'aarch64' && type === 'virtio' ? 'virtio-gpu' : cards[type]
}

function isLinuxLike(guest: Guest): boolean {
  return /^(?:l\d\d|other)$/.test(guest.values['ostype'] ?? 'other')
}

function cardMemory(guest: Guest, number: number): Record<string, number> {
  const {type, memoryMib} = guest.vga
  if (memoryMib === undefined) return type === 'qxl' && number > 0 ? {ram_size: 64 * 1024 ** 2, vram_size: 32 * 1024 ** 2} : {}
  if (type.startsWith('virtio')) return {max_hostmem: memoryMib * 1024 ** 2}
  return type === 'qxl' ? {vgamem_mb: memoryMib, ram_size_mb: memoryMib * 4, vram_size_mb: memoryMib * 2} : {vgamem_mb: memoryMib}
}

function usesSpice(guest: Guest): boolean {
  return guest.vga.type === 'qxl' || guest.vga.type.startsWith('virtio')
}

/** With several displays Windows gets more cards; Linux' one card gets more memory. */
export function spiceArguments(guest: Guest): string[] {
  const {qxlCount, memoryMib} = guest.vga
  if (qxlCount < 2 || guest.windows > 0) return []
  const ram = memoryMib === undefined ? 128 * 1024 ** 2 : qxlCount * 4 * memoryMib * 1024 ** 2
  const vram = memoryMib === undefined ? 64 * 1024 ** 2 : qxlCount * 2 * memoryMib * 1024 ** 2
  return ['-global', `qxl-vga.ram_size=${ram}`, '-global', `qxl-vga.vram_size=${vram}`]
}

/** Channels to the SPICE agent in the guest (which also shares the clipboard of VNC), and the SPICE server. */
export function spiceDevices(guest: Guest): string[] {
  const {vga} = guest
  if (!usesSpice(guest) && !vga.clipboardVnc) return []
  const moreCards = guest.windows > 0 ? Array.from({length: Math.max(0, vga.qxlCount - 1)}, (_, index) => cardDevice(guest, index + 1)).flat() : []
  const channel = {id: 'vdagent', name: 'vdagent'}
  const agent = vga.clipboardVnc ? optionText('qemu-vdagent', {...channel, clipboard: true}) : optionText('spicevmc', channel)
  return [
    ...moreCards,
    '-device', optionText('virtio-serial', {id: 'spice', ...pciAddress('spice', guest)}),
    '-chardev', agent,
    '-device', optionText('virtserialport', {chardev: 'vdagent', name: 'com.redhat.spice.0'}),
    ...(usesSpice(guest) ? spiceServer(guest) : []),
  ]
}

/** Nobody is let in until a ticket is set through QMP (runtime/spice-ticket.ts). */
function spiceServer(guest: Guest): string[] {
  const {spice} = guest.input
  const enhancements = readSpiceEnhancements(guest.values['spice_enhancements'])
  const webdav = 'org.spice-space.webdav.0'
  const access = spice.kind === 'tls'
    ? {'tls-port': spice.port, addr: spice.address, 'tls-ciphers': 'HIGH'}
    : {unix: true, addr: spice.path}
  return [
    ...(enhancements.foldersharing === true ? [
      '-chardev', optionText('spiceport', {id: 'foldershare', name: webdav}),
      '-device', optionText('virtserialport', {chardev: 'foldershare', name: webdav}),
    ] : []),
    '-spice', optionList({...access, 'seamless-migration': true, 'streaming-video': enhancements.videostreaming}),
  ]
}
