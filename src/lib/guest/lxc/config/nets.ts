// The network keys of pct.conf: net[n] with their sub-properties, and their reading.
import type {Params, PropertyFormat, Values} from '../../../spec/index.ts'
import {InvalidInputError} from '../../../base/index.ts'
import {readProperties} from '../../read-properties.ts'

export const netFormat = {
  name: {type: 'string', pattern: '[-_.\\w\\d]+', maxLength: 15, placeholder: 'string', description: 'The name of the interface in the container, such as `eth0`.'},
  bridge: {type: 'string', pattern: '[-_.\\w\\d]+', optional: true, placeholder: 'bridge', completion: 'bridge', description: 'The bridge of the host that the interface is plugged into.'},
  firewall: {type: 'boolean', optional: true, description: 'Whether the rules of the firewall hold for the interface.'},
  gw: {type: 'string', format: 'ipv4', optional: true, placeholder: 'address', description: 'The default gateway for IPv4.'},
  gw6: {type: 'string', format: 'ipv6', optional: true, placeholder: 'address', description: 'The default gateway for IPv6.'},
  'host-managed': {type: 'boolean', optional: true, description: 'Whether the host sets the addresses of the interface, and the container leaves it alone.'},
  hwaddr: {type: 'string', format: 'mac-addr', optional: true, placeholder: 'XX:XX:XX:XX:XX:XX', description: 'The hardware address, a unicast one. One is made up when it is left out.'},
  ip: {type: 'string', format: 'pve-ipv4-config', optional: true, placeholder: '(IPv4/CIDR|dhcp|manual)', description: 'The IPv4 address with its prefix length, `dhcp` or `manual`.'},
  ip6: {type: 'string', format: 'pve-ipv6-config', optional: true, placeholder: '(IPv6/CIDR|auto|dhcp|manual)', description: 'The IPv6 address with its prefix length, `auto` (SLAAC), `dhcp` or `manual`.'},
  link_down: {type: 'boolean', optional: true, description: 'Whether the cable is unplugged.'},
  mtu: {type: 'integer', minimum: 64, maximum: 65535, optional: true, description: 'The MTU of the interface. That of the bridge without it.'},
  rate: {type: 'number', minimum: 0, optional: true, placeholder: 'mbps', description: 'Limit of the interface in megabytes a second.'},
  tag: {type: 'integer', minimum: 1, maximum: 4094, optional: true, description: 'The VLAN that the interface is in.'},
  trunks: {type: 'string', pattern: '\\d+(?:;\\d+)*', optional: true, placeholder: 'vlanid[;vlanid...]', description: 'The VLANs that are passed through to the interface.'},
  type: {type: 'string', enum: ['veth'], optional: true, description: 'The kind of interface.'},
} as const satisfies PropertyFormat

export const netCount = 32

export const netParams = {
  'net[n]': {type: 'string', optional: true, format: netFormat, index: {min: 0, max: netCount - 1}, description: 'A network interface (n is 0 to 31).'},
} as const satisfies Params

/** A network interface as the configuration has it. */
export interface Net extends Values<typeof netFormat> {
  readonly key: string
  readonly index: number
}

/** @throws InvalidInputError naming the key and what is wrong with it */
export function readNet(key: string, text: string): Net {
  const match = /^net(\d{1,2})$/.exec(key)
  if (match === null || Number(match[1]) >= netCount) throw new InvalidInputError(`'${key}' is not a network interface`, {[key]: 'is not a network interface'})
  return {key, index: Number(match[1]), ...readProperties(key, text, netFormat)}
}

/** All interfaces, by number. */
export function netsOf(values: Readonly<Record<string, string>>): Net[] {
  return Object.entries(values).filter(([key]) => /^net\d{1,2}$/.test(key)).map(([key, text]) => readNet(key, text)).sort((a, b) => a.index - b.index)
}
