// Name servers and search domains, in /etc/resolv.conf.
import {withBlock} from '../managed-block.ts'
import {put, textOf} from '../setup.ts'
import type {Setup, SetupFacts} from '../setup.ts'

export async function resolvConf(at: Setup): Promise<void> {
  // A link leads to what a service of the container writes; that is replaced by a file of our own, as Proxmox VE does.
  await put(at, '/etc/resolv.conf', resolvText(await textOf(at, '/etc/resolv.conf'), at.facts))
}

/** Pure. */
export function resolvText(text: string, {nameServers, searchDomains}: SetupFacts): string {
  const lines = [...(searchDomains.length === 0 ? [] : [`search ${searchDomains.join(' ')}\n`]), ...nameServers.map((server) => `nameserver ${server}\n`)]
  return withBlock(text, lines.join(''), 'replace')
}
