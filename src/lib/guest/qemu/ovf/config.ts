// From the machine that an OVF manifest describes to the keys of qm.conf, as Proxmox VE imports it. Disks and network cards are apart: where
// they come from and what they are plugged into is decided by whoever imports. Pure.
import type {OvfMachine} from './manifest.ts'

/** All but drives and network cards. */
export function ovfConfig(machine: OvfMachine): Record<string, string> {
  const name = guestName(machine.name)
  const boot = machine.disks.map(({address}) => address).join(';')
  return {
    ...(name === undefined ? {} : {name}),
    ...(machine.description === undefined ? {} : {description: machine.description}),
    ostype: machine.osType,
    ...(machine.sockets === 1 ? {} : {sockets: String(machine.sockets)}),
    cores: String(machine.cores),
    ...(machine.memoryMib === undefined ? {} : {memory: String(machine.memoryMib)}),
    ...(machine.scsiController === undefined ? {} : {scsihw: machine.scsiController}),
    ...(machine.usesUefi ? {bios: 'ovmf'} : {}),
    ...(boot === '' ? {} : {boot: `order=${boot}`}),
  }
}

/** What is left of a name when all is taken out that a DNS name may not have. */
function guestName(name: string | undefined): string | undefined {
  const kept = (name ?? '').slice(0, 255).replaceAll(/[^a-zA-Z0-9.-]/g, '')
  const labels = kept.split('.').map((label) => withoutDashesAtEnds(label.slice(0, 63))).filter((label) => label !== '')
  const plain = labels.join('.').slice(0, 63)
  return plain === '' ? undefined : withoutDashesAtEnds(plain.endsWith('.') ? plain.slice(0, -1) : plain)
}

function withoutDashesAtEnds(label: string): string {
  const isDash = (character: string) => character === '-'
  const characters = [...label]
  const start = characters.findIndex((character) => !isDash(character))
  return start < 0 ? '' : label.slice(start, characters.findLastIndex((character) => !isDash(character)) + 1)
}
