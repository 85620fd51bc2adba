// The network settings in the forms that cloud-init knows. Pure.
//   Network config, version 1: cloudinit.readthedocs.io. `interfaces`: interfaces(5) of Debian's ifupdown. network_data.json: OpenStack's metadata.
import type {CardSettings, CloudInitSettings} from './settings.ts'
import {yamlText} from './user-data.ts'
import type {YamlWriter} from './user-data.ts'

type NetworkSettings = Pick<CloudInitSettings, 'cards' | 'nameservers' | 'searchDomains'>

/** Version 1 of cloud-init's own format, for NoCloud. Cards are found by their hardware addresses. */
export function networkConfig({cards, nameservers, searchDomains}: NetworkSettings, write: YamlWriter): string {
  const dns = nameservers.length + searchDomains.length === 0 ? [] : [{
    type: 'nameserver',
    ...(nameservers.length === 0 ? {} : {address: nameservers}),
    ...(searchDomains.length === 0 ? {} : {search: searchDomains}),
  }]
  return yamlText({
    version: 1,
    config: [
      ...cards.map(card => ({
        type: 'physical', name: card.name, ...(card.macAddress === undefined ? {} : {mac_address: card.macAddress}), subnets: subnets(card),
      })),
      ...dns,
    ],
  }, write)
}

function subnets({ipv4, ipv6}: CardSettings): Record<string, string>[] {
  const found: Record<string, string>[] = []
  if (ipv4 === 'dhcp') found.push({type: 'dhcp4'})
  else if (ipv4 !== undefined) found.push({type: 'static', address: ipv4.address, netmask: netmask(ipv4.prefix), ...gateway(ipv4)})
  if (ipv6 === 'dhcp') found.push({type: 'dhcp6'})
  else if (ipv6 === 'auto') found.push({type: 'ipv6_slaac'})
  else if (ipv6 !== undefined) found.push({type: 'static6', address: `${ipv6.address}/${ipv6.prefix}`, ...gateway(ipv6)})
  return found
}

function gateway(setting: {readonly gateway?: string}): {gateway?: string} {
  return setting.gateway === undefined ? {} : {gateway: setting.gateway}
}

export function netmask(prefix: number): string {
  return [24, 16, 8, 0].map(shift => (prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> shift & 255)).join('.')
}

/** For config drives, as Proxmox VE writes it. Cards go by their names there. */
export function interfacesText({cards, nameservers, searchDomains}: NetworkSettings): string {
  const dns = [
    ...(nameservers.length === 0 ? [] : [`        dns-nameservers ${nameservers.join(' ')}`]),
    ...(searchDomains.length === 0 ? [] : [`        dns-search ${searchDomains.join(' ')}`]),
  ]
  const stanzas = cards.flatMap((card, index) => cardStanzas(card).map((lines, at) => (index === 0 && at === 0 ? [...lines, ...dns] : lines)))
  const names = cards.map(({name}) => `auto ${name}`)
  return [['auto lo', 'iface lo inet loopback'], ...(names.length === 0 ? [] : [names]), ...stanzas].map(lines => `${lines.join('\n')}\n`).join('\n')
}

function cardStanzas({name, ipv4, ipv6}: CardSettings): string[][] {
  const stanzas: string[][] = []
  if (ipv4 === 'dhcp') stanzas.push([`iface ${name} inet dhcp`])
  else if (ipv4 !== undefined) stanzas.push([`iface ${name} inet static`, `        address ${ipv4.address}`, `        netmask ${netmask(ipv4.prefix)}`, ...gatewayLine(ipv4)])
  if (ipv6 === 'dhcp' || ipv6 === 'auto') stanzas.push([`iface ${name} inet6 ${ipv6}`])
  else if (ipv6 !== undefined) stanzas.push([`iface ${name} inet6 static`, `        address ${ipv6.address}`, `        netmask ${ipv6.prefix}`, ...gatewayLine(ipv6)])
  return stanzas.length === 0 ? [[`iface ${name} inet manual`]] : stanzas
}

function gatewayLine(setting: {readonly gateway?: string}): string[] {
  return setting.gateway === undefined ? [] : [`        gateway ${setting.gateway}`]
}

/** For config drives as well: it names the cards by their hardware addresses, and cloud-init prefers it. */
export function networkData({cards, nameservers}: NetworkSettings): string {
  const links = cards.map(({name, macAddress}) => ({id: name, type: 'phy', ...(macAddress === undefined ? {} : {ethernet_mac_address: macAddress})}))
  const networks = cards.flatMap(card => networksOf(card).map((network, index) => ({id: `${card.name}-${index}`, link: card.name, ...network})))
  return `${JSON.stringify({links, networks, services: nameservers.map(address => ({type: 'dns', address}))}, undefined, 1)}\n`
}

function networksOf({ipv4, ipv6}: CardSettings): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = []
  if (ipv4 === 'dhcp') found.push({type: 'ipv4_dhcp'})
  else if (ipv4 !== undefined) found.push({type: 'ipv4', ip_address: ipv4.address, netmask: netmask(ipv4.prefix), routes: routes(ipv4.gateway, '0.0.0.0', '0.0.0.0')})
  if (ipv6 === 'dhcp') found.push({type: 'ipv6_dhcp'})
  else if (ipv6 === 'auto') found.push({type: 'ipv6_slaac'})
  else if (ipv6 !== undefined) found.push({type: 'ipv6', ip_address: `${ipv6.address}/${ipv6.prefix}`, routes: routes(ipv6.gateway, '::', '::')})
  return found
}

function routes(via: string | undefined, network: string, mask: string): Record<string, string>[] {
  return via === undefined ? [] : [{network, netmask: mask, gateway: via}]
}
