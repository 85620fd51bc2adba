// Formats of network addresses: IPv4, IPv6, networks, MAC addresses, ports. Part of formats.ts.
import {isIPv4, isIPv6} from 'node:net'

type FormatCheck = (value: string) => string | undefined

const isAddress = (value: string): boolean => isIPv4(value) || isIPv6Plain(value)
/** Without a zone (`fe80::1%eth0`), which means something on one host only. */
const isIPv6Plain = (value: string): boolean => value.length <= 45 && !value.includes('%') && isIPv6(value)
const dnsName = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i
const isHost = (value: string): boolean => isAddress(value) || (dnsName.test(value) && !/^[0-9.]+$/.test(value))

/** The address and length of `10.0.0.1/24`, when both are right and the length is in the range. */
function isNetwork(value: string, family: 4 | 6, least: number): boolean {
  const [address = '', length = '', ...rest] = value.split('/')
  if (rest.length > 0 || !/^(?:0|[1-9][0-9]{0,2})$/.test(length)) return false
  const bits = Number(length)
  return family === 4 ? isIPv4(address) && bits >= least && bits <= 32 : isIPv6Plain(address) && bits >= least && bits <= 128
}

const check = (isRight: (value: string) => boolean, right: string): FormatCheck => value => value.length <= 512 && isRight(value) ? undefined : right

/** A host and an optional port: `10.0.0.1:3260`, `[fe80::1]:3260`. */
function isPortal(value: string, allowName: boolean): boolean {
  const match = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([^:[\]\s]{1,253}))(?::([1-9][0-9]{0,4}))?$/.exec(value)
  if (match === null) return isIPv6Plain(value)
  if (match[3] !== undefined && Number(match[3]) > 65535) return false
  if (match[1] !== undefined) return isIPv6Plain(match[1])
  const host = match[2] ?? ''
  return allowName ? isHost(host) : isIPv4(host)
}

export const networkFormats: Readonly<Record<string, FormatCheck>> = {
  'ipv4': check(value => isIPv4(value), 'an IPv4 address such as 192.0.2.10'),
  'ipv6': check(isIPv6Plain, 'an IPv6 address such as 2001:db8::10'),
  'ip': check(isAddress, 'an IP address such as 192.0.2.10 or 2001:db8::10'),
  'address': check(isHost, 'an IP address or a DNS name'),
  'CIDRv4': check(value => isNetwork(value, 4, 0), 'an IPv4 network such as 192.0.2.0/24'),
  'CIDRv6': check(value => isNetwork(value, 6, 0), 'an IPv6 network such as 2001:db8::/64'),
  'CIDR': check(value => isNetwork(value, 4, 0) || isNetwork(value, 6, 0), 'a network such as 192.0.2.0/24 or 2001:db8::/64'),
  'ipv4mask': check(isNetmask, 'a netmask such as 255.255.255.0'),
  'pve-ipv4-config': check(value => value === 'dhcp' || value === 'manual' || isNetwork(value, 4, 0), "an address such as 192.0.2.10/24, 'dhcp' or 'manual'"),
  'pve-ipv6-config': check(value => ['auto', 'dhcp', 'manual'].includes(value) || isNetwork(value, 6, 0),
    "an address such as 2001:db8::10/64, 'auto', 'dhcp' or 'manual'"),
  // The lowest bit of the first octet marks a group address, which no network card may have.
  'mac-addr': check(value => /^[0-9a-f][02468ace](?::[0-9a-f]{2}){5}$/i.test(value), 'the MAC address of a single card, such as BC:24:11:00:00:01'),
  'mac-prefix': check(value => /^[0-9a-f][02468ace](?::[0-9a-f]{2}){0,2}:?$/i.test(value), 'the beginning of a MAC address such as BC:24:11'),
  'pve-storage-server': check(isHost, 'an IP address or a DNS name'),
  'pve-storage-portal': check(value => isPortal(value, false), 'an address with an optional port, such as 192.0.2.10:3260'),
  'pve-storage-portal-dns': check(value => isPortal(value, true), 'a host with an optional port, such as nas.example.com:3260'),
  'lxc-ip-with-ll-iface': check(value => isAddress(value) || /^fe80:[0-9a-f:.]{1,40}%[\w.-]{1,15}$/i.test(value) && isIPv6(value),
    'an IP address, with %interface for a link-local one'),
}

function isNetmask(value: string): boolean {
  if (!isIPv4(value)) return false
  const bits = value.split('.').reduce((number, octet) => number * 256 + Number(octet), 0)
  const inverted = 2 ** 32 - 1 - bits
  return Number.isInteger(Math.log2(inverted + 1))
}
