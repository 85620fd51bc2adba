// The network as NetworkManager has it in key files (nm-settings-keyfile(5)): one for each interface, readable by root alone, or it is passed over.
import {isIPv4} from 'node:net'
import type {Net} from '../../config/index.ts'
import {addressing} from '../addresses.ts'
import type {AddressFamily} from '../addresses.ts'
import {put, textOf} from '../setup.ts'
import type {Setup, SetupFacts} from '../setup.ts'

const folder = '/etc/NetworkManager/system-connections'

export async function networkManager(at: Setup): Promise<void> {
  for (const net of at.facts.nets) {
    const path = `${folder}/${net.name}.nmconnection`
    // A connection keeps the number by which others know it.
    const uuid = /^uuid=([0-9a-f-]{36})$/m.exec(await textOf(at, path))?.[1] ?? at.facts.uuid()
    await put(at, path, keyFileText(net, uuid, at.facts), 0o600)
  }
}

/** Pure. */
export function keyFileText(net: Net, uuid: string, facts: Pick<SetupFacts, 'nameServers' | 'searchDomains'>): string {
  return [
    '[connection]', `id=${net.name}`, `uuid=${uuid}`, 'type=ethernet', `interface-name=${net.name}`,
    '[ipv4]', ...familyLines(net, 4, facts), '[ipv6]', ...familyLines(net, 6, facts),
  ].map((line) => `${line}\n`).join('')
}

function familyLines(net: Net, family: AddressFamily, {nameServers, searchDomains}: Pick<SetupFacts, 'nameServers' | 'searchDomains'>): string[] {
  const {method, cidr, gateway, isGatewayNear} = addressing(net, family)
  if (method === 'none' || method === 'manual') return ['method=disabled']
  const servers = nameServers.filter((server) => isIPv4(server) === (family === 4))
  return [
    `method=${method === 'static' ? 'manual' : method === 'dhcp' && family === 4 ? 'auto' : method}`,
    ...(method === 'static' ? [`addresses=${cidr}`] : []),
    ...(gateway === undefined ? [] : [`gateway=${gateway}`, ...(isGatewayNear ? [] : [`route1=${gateway}/${family === 4 ? 32 : 128}`])]),
    ...(servers.length === 0 ? [] : [`dns=${servers.join(';')}`]),
    ...(searchDomains.length === 0 ? [] : [`dns-search=${searchDomains.join(';')}`]),
  ]
}
