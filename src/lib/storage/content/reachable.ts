// Which addresses a file may be fetched from. A server is asked by a privileged program of the host, so that what only the host can reach, its
// own services and those of its network, must not be had through it by naming an address. Pure.
import {BlockList, isIPv4, isIPv6} from 'node:net'

const never = new BlockList()
for (const [address, bits] of [['0.0.0.0', 8], ['127.0.0.0', 8], ['169.254.0.0', 16], ['192.0.0.0', 24], ['198.18.0.0', 15], ['224.0.0.0', 4], ['240.0.0.0', 4]] as const) never.addSubnet(address, bits, 'ipv4')
for (const [address, bits] of [['::', 127], ['fe80::', 10], ['fec0::', 10], ['ff00::', 8]] as const) never.addSubnet(address, bits, 'ipv6')

const inside = new BlockList()
for (const [address, bits] of [['10.0.0.0', 8], ['100.64.0.0', 10], ['172.16.0.0', 12], ['192.168.0.0', 16]] as const) inside.addSubnet(address, bits, 'ipv4')
inside.addSubnet('fc00::', 7, 'ipv6')

export type Reach = 'anywhere' | 'private' | 'never'

/** How far away an address is; what is no address is never reached. */
export function reachOf(address: string): Reach {
  if (isIPv4(address)) return never.check(address, 'ipv4') ? 'never' : inside.check(address, 'ipv4') ? 'private' : 'anywhere'
  if (!isIPv6(address) || address.includes('%')) return 'never'
  const hidden = hiddenIpv4(address)
  if (hidden !== undefined) return reachOf(hidden)
  return never.check(address, 'ipv6') ? 'never' : inside.check(address, 'ipv6') ? 'private' : 'anywhere'
}

/** The IPv4 address that an IPv6 address stands for: mapped (::ffff:0:0/96), translated (64:ff9b::/96) or 6to4 (2002::/16). */
function hiddenIpv4(address: string): string | undefined {
  const words = wordsOf(address)
  const dotted = (high: number, low: number) => [high >> 8, high & 255, low >> 8, low & 255].join('.')
  const [first = 0, second = 0, third = 0] = words
  if (first === 0x2002) return dotted(second, third)
  const [high = 0, low = 0] = words.slice(6)
  const isMapped = words.slice(0, 5).every((word) => word === 0) && (words[5] === 0xffff || words[5] === 0 && (high !== 0 || low > 1))
  const isTranslated = first === 0x64 && second === 0xff9b
  return isMapped || isTranslated ? dotted(high, low) : undefined
}

/** The eight words of an address that isIPv6 has found right. */
function wordsOf(address: string): number[] {
  const withHex = address.replace(/(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/, (_, a: string, b: string, c: string, d: string) => `${(Number(a) * 256 + Number(b)).toString(16)}:${(Number(c) * 256 + Number(d)).toString(16)}`)
  const [left = '', right] = withHex.split('::')
  const read = (part: string | undefined) => (part === undefined || part === '' ? [] : part.split(':').map((word) => parseInt(word, 16)))
  const [head, tail] = [read(left), read(right)]
  return right === undefined ? head : [...head, ...Array.from({length: Math.max(0, 8 - head.length - tail.length)}, () => 0), ...tail]
}
