// MAC addresses of network cards: chosen at random below a prefix, never one that another guest of the cluster has.
import {randomBytes} from 'node:crypto'
import {UnavailableError} from '../base/index.ts'

/** The prefix that is registered to Proxmox Server Solutions and that Proxmox VE gives its guests. */
export const defaultMacPrefix = 'BC:24:11'

/** The `mac_prefix` of datacenter.cfg, or the default. One to three octets and possibly a digit more, with or without colon at the end. */
export function macPrefix(datacenterConfig: string | undefined): string {
  const match = /^mac_prefix:\s*([0-9a-fA-F:]+)\s*$/m.exec(datacenterConfig ?? '')
  return match === null ? defaultMacPrefix : (match[1] as string)
}

/** The MAC addresses in the text of guest configurations, in capitals. */
export function macAddressesIn(texts: Iterable<string>): Set<string> {
  const found = new Set<string>()
  for (const text of texts) {
    for (const match of text.matchAll(/\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b/gi)) found.add(match[0].toUpperCase())
  }
  return found
}

/**
 * A new address below the prefix that is not taken; it is added to `taken`.
 * @throws UnavailableError when the prefix leaves no free one within reach
 */
export function newMacAddress(prefix: string, taken: Set<string>, random: (size: number) => Buffer = randomBytes): string {
  const fixedDigits = prefix.replaceAll(':', '').toUpperCase()
  for (let attempt = 0; attempt < 1000; attempt++) {
    const digits = (fixedDigits + random(6).toString('hex').toUpperCase()).slice(0, 12)
    const address = (digits.match(/../g) as string[]).join(':')
    if (taken.has(address)) continue
    taken.add(address)
    return address
  }
  throw new UnavailableError(`no free MAC address was found below the prefix '${prefix}'`, {nextSteps: ['Set a shorter mac_prefix in datacenter.cfg.']})
}
