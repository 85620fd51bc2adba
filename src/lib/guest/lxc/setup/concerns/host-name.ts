// The host name: the first label in /etc/hostname, and all of it beside its address in /etc/hosts.
import {withBlock, withoutBlock} from '../managed-block.ts'
import {put, textOf} from '../setup.ts'
import type {Setup, SetupFacts} from '../setup.ts'

export async function hostName(at: Setup): Promise<void> {
  await put(at, '/etc/hostname', `${firstLabel(at.facts.hostName)}\n`)
}

export async function hosts(at: Setup): Promise<void> {
  await put(at, '/etc/hosts', hostsText(await textOf(at, '/etc/hosts'), at.facts))
}

function firstLabel(name: string): string {
  return name.split('.', 1)[0] ?? name
}

/** Addresses that somebody else has a line for keep that one. Pure. */
export function hostsText(text: string, facts: SetupFacts): string {
  const others = new Map(withoutBlock(text).split('\n').map((line) => line.replace(/#.*/, '').trim().split(/\s+/)).filter(([address]) => address !== undefined && address !== '').map(([address, ...names]) => [address ?? '', names]))
  const short = firstLabel(facts.hostName)
  const domain = facts.hostName.includes('.') ? facts.hostName : facts.searchDomains[0] === undefined ? undefined : `${short}.${facts.searchDomains[0]}`
  const names = domain === undefined ? [short] : [domain, short]
  const lines = [
    ...['127.0.0.1', '::1'].flatMap((address) => others.get(address)?.includes('localhost') === true ? [] : [`${address} localhost.localnet localhost`]),
    ...(names.every((name) => others.get(ownAddress(facts))?.includes(name) === true) ? [] : [`${ownAddress(facts)} ${names.join(' ')}`]),
  ]
  return withBlock(text, lines.map((line) => `${line}\n`).join(''))
}

/** The first address that is fixed; programs look their own name up, so there is always one. */
function ownAddress({nets}: SetupFacts): string {
  const fixed = nets.flatMap(({ip, ip6}) => [ip, ip6]).find((address) => address?.includes('/') === true)
  return fixed?.split('/', 1)[0] ?? '127.0.1.1'
}
