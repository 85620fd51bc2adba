// Network cards: the backend on the host (a tap on a bridge, or QEMU's own NAT) and the card that the guest sees.
import {InvalidInputError, NotFoundError} from '../../../base/index.ts'
import {netCount, readNic} from '../config/index.ts'
import type {Nic} from '../config/index.ts'
import type {Guest} from './guest.ts'
import type {Tap} from './input.ts'
import {isAtLeast} from './machine-version.ts'
import {optionList, optionText} from './option-text.ts'
import {pciAddress} from './pci-addresses.ts'
import {guestName} from './process.ts'

export interface NicArguments { readonly devices: readonly string[]; readonly taps: readonly Tap[]; readonly linksDown: readonly string[] }

/** The least MTU that IPv4 asks for. */
const minimumMtu = 576

export function nicArguments(guest: Guest, bootIndexes: ReadonlyMap<string, number>): NicArguments {
  const nics = Array.from({length: netCount}, (_, index) => `net${index}`).flatMap(key => {
    const text = guest.values[key]
    return text === undefined ? [] : [readNic(key, text)]
  })
  return {
    devices: nics.flatMap(nic => ['-netdev', backend(nic, guest), '-device', card(nic, guest, bootIndexes.get(nic.key))]),
    taps: nics.flatMap(nic => (nic.bridge === undefined ? [] : [{key: nic.key, name: tapName(nic, guest), bridge: nic.bridge}])),
    linksDown: nics.filter(nic => nic.linkDown).map(nic => nic.key),
  }
}

/** At most 15 characters, as the kernel wants it: a VMID has at most nine digits. */
function tapName(nic: Nic, guest: Guest): string {
  return `tap${guest.input.vmid}i${nic.index}`
}

function backend(nic: Nic, guest: Guest): string {
  const {host} = guest.input
  const isVirtio = nic.model === 'virtio'
  const queues = isVirtio && nic.queues !== undefined && nic.queues > 0 ? nic.queues : undefined
  if (nic.queues !== undefined && nic.queues > 0 && (!isVirtio || nic.bridge === undefined)) warnOfNoEffect('queues', nic, guest)
  if (nic.rate !== undefined && nic.rate > 0 && nic.bridge === undefined) warnOfNoEffect('rate', nic, guest)
  // A NAT of QEMU has one queue.
  if (nic.bridge === undefined) return optionList({type: 'user', id: nic.key, hostname: guestName(guest)})
  return optionList({
    type: 'tap', id: nic.key, ifname: tapName(nic, guest), script: host.support.tapUp, downscript: host.support.tapDown,
    vhost: isVirtio && host.hasVhostNet && guest.arch === host.arch ? true : undefined, queues,
  })
}

function warnOfNoEffect(property: 'mtu' | 'queues' | 'rate', nic: Nic, guest: Guest): void {
  guest.warn(`'${property}' of '${nic.key}' has no effect: it needs ${nic.bridge === undefined ? 'a bridge' : 'the model virtio'}`)
}

function card(nic: Nic, guest: Guest, bootIndex: number | undefined): string {
  // QEMU would give all such cards of all guests the same address.
  if (nic.macaddr === undefined) {
    throw new InvalidInputError(
      `'${nic.key}' has no hardware address; give it one: macaddr=BC:24:11:…`,
      {[`${nic.key}.macaddr`]: 'is missing'},
    )
  }
  const {version} = guest.machine
  const isVirtio = nic.model === 'virtio'
  const queues = isVirtio && nic.bridge !== undefined ? nic.queues ?? 0 : 0
  return optionText(isVirtio ? 'virtio-net-pci' : nic.model, {
    mac: nic.macaddr,
    netdev: nic.key,
    // The one ISA card has no place on the PCI bus.
    ...(nic.model === 'ne2k_isa' ? {} : pciAddress(nic.key, guest)),
    id: nic.key,
    // One vector for each direction of a queue, one for configuration, one for control.
    ...(queues > 1 ? {vectors: queues * 2 + 2, mq: true, packed: isAtLeast(version, 7, 1) ? true : undefined} : {}),
    ...(isVirtio && isAtLeast(version, 7, 1) ? {rx_queue_size: 1024, tx_queue_size: 256} : {}),
    bootindex: bootIndex,
    host_mtu: hostMtu(nic, guest),
    // Boards since 10.2 would offer tunnel offloads, which not every host has, and a guest could not move to one without.
    host_tunnel: isVirtio && isAtLeast(version, 10, 2) ? false : undefined,
    romfile: guest.machine.usesOldRoms ? oldRom(nic) : undefined,
  })
}

/**
 * The MTU that the card tells the guest: the bridge's unless the configuration gives a smaller one. Boards before 10.0+pve1 are told
 * only where it is not 1500, as its presence changes the card.
 */
function hostMtu(nic: Nic, guest: Guest): number | undefined {
  if (nic.bridge === undefined || nic.model !== 'virtio') {
    if (nic.mtu !== undefined) warnOfNoEffect('mtu', nic, guest)
    return undefined
  }
  const bridgeMtu = guest.input.host.bridgeMtu[nic.bridge]
  if (bridgeMtu === undefined) {
    throw new NotFoundError(`there is no bridge '${nic.bridge}' on this host, which '${nic.key}' is to be plugged into`, {
      nextSteps: [`ip link add name ${nic.bridge} type bridge && ip link set ${nic.bridge} up`], data: {key: nic.key},
    })
  }
  const mtu = nic.mtu === undefined || nic.mtu === 1 ? bridgeMtu : nic.mtu
  if (mtu < minimumMtu) {
    throw new InvalidInputError(
      `'mtu' of '${nic.key}' is ${mtu}; IP needs at least ${minimumMtu}`,
      {[`${nic.key}.mtu`]: `must be at least ${minimumMtu}`},
    )
  }
  if (mtu > bridgeMtu) {
    throw new InvalidInputError(
      `'mtu' of '${nic.key}' is ${mtu}, larger than the ${bridgeMtu} of the bridge '${nic.bridge}'`,
      {[`${nic.key}.mtu`]: `must be at most ${bridgeMtu}`},
    )
  }
  return isAtLeast(guest.machine.version, 10, 0, 1) || mtu !== 1500 ? mtu : undefined
}

function oldRom(nic: Nic): string | undefined {
  const roms: Readonly<Record<string, string>> = {
    virtio: 'pxe-virtio.rom', e1000: 'pxe-e1000.rom', e1000e: 'pxe-e1000e.rom', ne2k_pci: 'pxe-ne2k_pci.rom', pcnet: 'pxe-pcnet.rom', rtl8139: 'pxe-rtl8139.rom',
  }
  return roms[nic.model]
}
