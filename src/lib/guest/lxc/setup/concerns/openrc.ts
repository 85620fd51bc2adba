// Gentoo with OpenRC: the network in /etc/conf.d/net (netifrc), the host name in /etc/conf.d/hostname, terminals in /etc/inittab. With systemd none of these files
// matter.
import type {Net} from '../../config/index.ts'
import {addressing} from '../addresses.ts'
import {withBlock} from '../managed-block.ts'
import {put, putLink, textOf} from '../setup.ts'
import type {Setup} from '../setup.ts'

export async function openRcNetwork(at: Setup): Promise<void> {
  const {nets} = at.facts
  if (nets.length === 0) return
  const path = '/etc/conf.d/net'
  await put(at, path, withBlock(await textOf(at, path), nets.map(netifrcLines).join('')))
  for (const {name} of nets) {
    await putLink(at, `/etc/init.d/net.${name}`, 'net.lo')
    await putLink(at, `/etc/runlevels/default/net.${name}`, `/etc/init.d/net.${name}`)
  }
}

/** Pure. */
export function netifrcLines(net: Net): string {
  const both = [addressing(net, 4), addressing(net, 6)]
  // The name becomes part of a shell variable's.
  const name = net.name.replace(/\W/g, '_')
  const config = both.flatMap(({method, cidr}, index) => {
    if (method === 'static') return [cidr]
    if (method === 'dhcp') return [index === 0 ? 'dhcp' : 'dhcpv6']
    return []
  })
  const routes = both.flatMap(({gateway, isGatewayNear}, index) => gateway === undefined ? [] : [...(isGatewayNear ? [] : [`${gateway}/${index === 0 ? 32 : 128} dev ${net.name}`]), `default via ${gateway}`])
  return [`config_${name}="${config.length === 0 ? 'null' : config.join('\n')}"`, ...(routes.length === 0 ? [] : [`routes_${name}="${routes.join('\n')}"`])].map((line) => `${line}\n`).join('')
}

export async function openRcHostName(at: Setup): Promise<void> {
  if (await at.tree.stat('/etc/conf.d') === undefined) return
  await put(at, '/etc/conf.d/hostname', `hostname="${at.facts.hostName.split('.', 1)[0] ?? ''}"\n`)
}

export async function openRcInittab(at: Setup): Promise<void> {
  const path = '/etc/inittab'
  const text = await at.tree.readText(path)
  if (text !== undefined) await put(at, path, gentooInittabText(text, at.facts.ttyCount))
}

/** Pure. Done again it changes nothing. */
export function gentooInittabText(text: string, ttyCount: number): string {
  const kept = text.trimEnd().split('\n').filter((line) => !/^\s{0,8}\w{1,4}:\d{0,9}:respawn:\S{0,64}getty\b.{0,100}\btty\d{1,2}\b/.test(line) && !/^\s{0,8}\w{1,4}::power(?:wait|fail|okwait|failnow):/.test(line))
  const terminals = Array.from({length: ttyCount}, (_, index) => `c${index + 1}:12345:respawn:/sbin/agetty 38400 tty${index + 1} linux`)
  return [...kept, 'pf::powerwait:/sbin/halt', ...terminals].map((line) => `${line}\n`).join('')
}
