// The network of Red Hat and its relatives before NetworkManager's key files: /etc/sysconfig/network and a file for each interface below network-scripts
// (sysconfig.txt of initscripts). Routes to a gateway beyond the network stand between marks in files of their own.
import type {Net} from '../../config/index.ts'
import {addressing, netmask} from '../addresses.ts'
import type {Addressing} from '../addresses.ts'
import {withBlock} from '../managed-block.ts'
import {put, textOf} from '../setup.ts'
import type {Setup, SetupFacts} from '../setup.ts'

const folder = '/etc/sysconfig/network-scripts'

export async function ifcfg(at: Setup): Promise<void> {
  const {facts} = at
  await put(at, '/etc/sysconfig/network', networkText(facts))
  for (const net of facts.nets) {
    const path = `${folder}/ifcfg-${net.name}`
    const uuid = /^UUID="?([0-9a-f-]{36})"?$/m.exec(await textOf(at, path))?.[1] ?? facts.uuid()
    await put(at, path, ifcfgText(net, uuid, facts))
    await putRoutes(at, `${folder}/route-${net.name}`, net.name, addressing(net, 4))
    await putRoutes(at, `${folder}/route6-${net.name}`, net.name, addressing(net, 6))
  }
}

/** A file of routes, in which others may stand as well. */
async function putRoutes(at: Setup, path: string, name: string, {gateway, isGatewayNear}: Addressing): Promise<void> {
  const text = await textOf(at, path)
  const wanted = withBlock(text, gateway === undefined || isGatewayNear ? '' : `${gateway} dev ${name}\ndefault via ${gateway} dev ${name}\n`)
  if (wanted !== text) await put(at, path, wanted)
}

function networkText({nets, hostName}: SetupFacts): string {
  const has = (family: 4 | 6) => nets.some((net) => !['none', 'manual'].includes(addressing(net, family).method))
  return [...(has(4) ? ['NETWORKING=yes'] : []), ...(has(6) ? ['NETWORKING_IPV6=yes'] : []), `HOSTNAME=${hostName.split('.', 1)[0] ?? hostName}`].map((line) => `${line}\n`).join('')
}

/** Pure. */
export function ifcfgText(net: Net, uuid: string, {nameServers, searchDomains}: Pick<SetupFacts, 'nameServers' | 'searchDomains'>): string {
  const [v4, v6] = [addressing(net, 4), addressing(net, 6)]
  return [
    `DEVICE=${net.name}`, 'ONBOOT=yes', `UUID=${uuid}`, `BOOTPROTO=${v4.method === 'dhcp' ? 'dhcp' : 'none'}`,
    ...(v4.method === 'static' ? [`IPADDR=${v4.address}`, `NETMASK=${netmask(v4.length)}`] : []),
    ...(v4.gateway !== undefined && v4.isGatewayNear ? [`GATEWAY=${v4.gateway}`] : []),
    ...v6Lines(v6, net.name),
    ...nameServers.map((server, index) => `DNS${index + 1}=${server}`),
    ...(searchDomains.length === 0 ? [] : [`DOMAIN=${searchDomains.length > 1 ? `"${searchDomains.join(' ')}"` : searchDomains[0] ?? ''}`]),
  ].map((line) => `${line}\n`).join('')
}

function v6Lines({method, cidr, gateway, isGatewayNear}: Addressing, name: string): string[] {
  if (method === 'none' || method === 'manual') return []
  return [
    'IPV6INIT=yes', `IPV6_AUTOCONF=${method === 'auto' ? 'yes' : 'no'}`,
    ...(method === 'dhcp' ? ['DHCPV6C=yes'] : []),
    ...(method === 'static' ? [`IPV6ADDR=${cidr}`] : []),
    ...(gateway !== undefined && isGatewayNear ? [`IPV6_DEFAULTGW=${gateway}${/^fe[89ab]/i.test(gateway) ? `%${name}` : ''}`] : []),
  ]
}
