// Which addresses are nobody's business but the host's own. Pure.
import {BlockList, isIP} from 'node:net'

/** Networks that are not public: IANA's registries of special-purpose addresses (RFC 6890 and those that it lists). */
const special = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.0.2.0', 24], ['192.88.99.0', 24], ['192.168.0.0', 16],
  ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 4], ['240.0.0.0', 4],
] as const) special.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of [
  // Behind 64:ff9b::/96, 2002::/16 and 2001::/32 stand IPv4 addresses of any kind.
  ['::', 96], ['64:ff9b::', 96], ['64:ff9b:1::', 48], ['100::', 64], ['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['3fff::', 20], ['fc00::', 7], ['fe80::', 10], ['fec0::', 10], ['ff00::', 8],
] as const) special.addSubnet(network, prefix, 'ipv6')

/** @param address without brackets; anything that is no address is not public */
export function isPublicAddress(address: string): boolean {
  // A zone (`fe80::1%eth0`) belongs to addresses of one link.
  const family = isIP(address)
  if (family === 0 || address.includes('%')) return false
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1]
  if (mapped !== undefined) return isPublicAddress(mapped)
  // The other forms of an IPv4 address in an IPv6 one.
  if (family === 6 && /^(?:0{1,4}:){0,5}:{0,2}ffff:/i.test(address)) return false
  return !special.check(address, family === 6 ? 'ipv6' : 'ipv4')
}
