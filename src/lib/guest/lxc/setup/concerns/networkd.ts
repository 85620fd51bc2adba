// The network as systemd-networkd has it (systemd.network(5)): a file for each interface, which is ours as a whole.
import type {Net} from '../../config/index.ts'
import {addressing} from '../addresses.ts'
import type {Addressing} from '../addresses.ts'
import {put} from '../setup.ts'
import type {Setup} from '../setup.ts'
import {enabledUnits} from './systemd.ts'

const enable = enabledUnits([['systemd-networkd.service', 'multi-user.target'], ['systemd-networkd.socket', 'sockets.target']])

export async function networkd(at: Setup): Promise<void> {
  for (const net of at.facts.nets) await put(at, `/etc/systemd/network/${net.name}.network`, networkText(net))
  if (at.facts.nets.length > 0) await enable(at)
}

/** Pure. */
export function networkText(net: Net): string {
  const [v4, v6] = [addressing(net, 4), addressing(net, 6)]
  const fixed = [v4, v6].filter(({method}) => method === 'static')
  const isAsked = [v4, v6].some(({method}) => method !== 'none' && method !== 'manual')
  return [
    '[Match]', `Name=${net.name}`, '',
    ...(isAsked ? [] : ['[Link]', 'RequiredForOnline=no', '']),
    '[Network]', `Description=${net.name} as the configuration of the container has it`, `DHCP=${dhcpWord(v4, v6)}`,
    `IPv6AcceptRA=${v6.method === 'auto' || v6.method === 'dhcp' ? 'yes' : 'no'}`,
    ...fixed.flatMap(({cidr, gateway, isGatewayNear}) => [`Address=${cidr}`, ...(gateway !== undefined && isGatewayNear ? [`Gateway=${gateway}`] : [])]),
    // A gateway beyond the network is said to be on the link all the same.
    ...fixed.flatMap(({gateway, isGatewayNear}) => gateway === undefined || isGatewayNear ? [] : ['', '[Route]', `Gateway=${gateway}`, 'GatewayOnLink=yes']),
    // Some networks have a DHCP server and no router that tells of it.
    ...(v6.method === 'dhcp' ? ['', '[DHCPv6]', 'WithoutRA=solicit'] : []),
  ].map((line) => `${line}\n`).join('')
}

function dhcpWord(v4: Addressing, v6: Addressing): string {
  if (v4.method === 'dhcp') return v6.method === 'dhcp' ? 'yes' : 'ipv4'
  return v6.method === 'dhcp' ? 'ipv6' : 'no'
}
