// The network of openSUSE and SLES: ifcfg(5) and ifroute(5) of wicked, below /etc/sysconfig/network. Routes stand between marks; those of others stay.
import type {Net} from '../../config/index.ts'
import {addressing} from '../addresses.ts'
import {withBlock} from '../managed-block.ts'
import {put, textOf} from '../setup.ts'
import type {Setup} from '../setup.ts'

const folder = '/etc/sysconfig/network'

export async function suseNetwork(at: Setup): Promise<void> {
  for (const net of at.facts.nets) {
    await put(at, `${folder}/ifcfg-${net.name}`, suseInterfaceText(net))
    const path = `${folder}/ifroute-${net.name}`
    const text = await textOf(at, path)
    const wanted = withBlock(text, suseRouteLines(net))
    if (wanted !== text) await put(at, path, wanted)
  }
}

/** Pure. */
export function suseInterfaceText(net: Net): string {
  const [v4, v6] = [addressing(net, 4), addressing(net, 6)]
  const isAsked = [v4, v6].some(({method}) => method !== 'none' && method !== 'manual')
  const dhcp = v4.method === 'dhcp' ? v6.method === 'dhcp' ? 'dhcp' : 'dhcp4' : v6.method === 'dhcp' ? 'dhcp6' : 'static'
  const fixed = [v4, v6].filter(({method}) => method === 'static')
  return [
    `STARTMODE=${isAsked ? 'onboot' : 'manual'}`, `BOOTPROTO=${dhcp}`,
    ...fixed.map(({cidr}, index) => `IPADDR${fixed.length > 1 ? `_${index + 1}` : ''}=${cidr}`),
  ].map((line) => `${line}\n`).join('')
}

/** Destination, gateway, netmask, interface; a dash where there is none. Pure. */
export function suseRouteLines(net: Net): string {
  const [v4, v6] = [addressing(net, 4), addressing(net, 6)]
  return [
    ...(v4.gateway === undefined ? [] : [...(v4.isGatewayNear ? [] : [`${v4.gateway} 0.0.0.0 255.255.255.255 ${net.name}`]), `default ${v4.gateway} 0.0.0.0 ${net.name}`]),
    ...(v6.gateway === undefined ? [] : [...(v6.isGatewayNear ? [] : [`${v6.gateway}/128 - - ${net.name}`]), `default ${v6.gateway} - ${net.name}`]),
  ].map((line) => `${line}\n`).join('')
}

/** Where SUSE had the host name before /etc/hostname. */
export async function suseHostName(at: Setup): Promise<void> {
  if ((await at.tree.stat('/etc/HOSTNAME', {followLinks: false}))?.kind === 'file') await put(at, '/etc/HOSTNAME', `${at.facts.hostName}\n`)
}
