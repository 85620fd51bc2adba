// The network as /etc/network/interfaces has it (interfaces(5)), for Debian, Devuan and Alpine. What others wrote stays: other interfaces, comments, and
// options that are not ours; of an interface that we set, address, netmask and gateway are ours, and routes to a gateway beyond the network between marks.
import type {Net} from '../../config/index.ts'
import {isWithin, netmask} from '../addresses.ts'
import {block, withoutBlock} from '../managed-block.ts'
import {put, textOf} from '../setup.ts'
import type {Setup} from '../setup.ts'

const path = '/etc/network/interfaces'

/** @param hasPrefix the address is written with its prefix length, and no netmask: from ifupdown of Debian 12 and Alpine 3.13 on */
export function ifupdown(hasPrefix: (release: string) => boolean): (at: Setup) => Promise<void> {
  return async (at) => {
    const {facts} = at
    if (facts.nets.length === 0 && await at.tree.stat(path) === undefined) return
    await put(at, path, interfacesText(await textOf(at, path), facts.nets, hasPrefix(facts.release)))
  }
}

type Family = 'inet' | 'inet6'

/** An `auto` or `iface` line with what belongs to it; comments before it stay with it. */
interface Stanza {
  readonly lead: string[]
  readonly auto?: string
  readonly iface?: {readonly name: string; readonly family: Family; readonly method: string}
  readonly lines: string[]
  /** Whether a blank line follows. */
  hasGap: boolean
}

/** Pure. */
export function interfacesText(text: string, nets: readonly Net[], hasPrefix: boolean): string {
  const stanzas = readStanzas(withoutRouteBlocks(text))
  const own = new Map(nets.map((net) => [net.name, net]))
  const written = new Set<string>()
  const parts: string[] = []
  if (!stanzas.some(({auto, iface}) => auto === 'lo' || iface?.name === 'lo')) parts.push('auto lo\niface lo inet loopback\niface lo inet6 loopback\n\n')
  for (const [index, stanza] of stanzas.entries()) {
    const {iface, lead} = stanza
    const net = iface === undefined ? undefined : own.get(iface.name)
    if (iface === undefined || net === undefined) {
      // What follows is set off, unless it stood close before.
      const isLast = index === stanzas.length - 1
      parts.push(asItWas(stanza), stanza.hasGap || isLast && iface !== undefined ? '\n' : '')
      continue
    }
    if (written.has(`${net.name} ${iface.family}`)) continue
    const lines = familyLines(net, iface.family, hasPrefix, withoutOldRoutes(stanza.lines.filter((line) => !isOurs(line))))
    if (lines === undefined) continue
    written.add(`${net.name} ${iface.family}`)
    parts.push(lead.map((line) => `${line}\n`).join(''), lines)
  }
  for (const net of nets) parts.push(...missing(net, written, stanzas.some(({auto}) => auto === net.name), hasPrefix))
  return parts.join('')
}

/** The families of an interface that have no stanza yet. */
function missing(net: Net, written: ReadonlySet<string>, hasAuto: boolean, hasPrefix: boolean): string[] {
  const families = (['inet', 'inet6'] as const).flatMap((family) => written.has(`${net.name} ${family}`) ? [] : familyLines(net, family, hasPrefix, []) ?? [])
  const isSet = written.has(`${net.name} inet`) || written.has(`${net.name} inet6`)
  if (families.length === 0) return []
  return [`${hasAuto || isSet ? '' : `auto ${net.name}\n`}${families.join('')}`]
}

/** A stanza of ours, a blank line behind it; undefined where the interface has nothing of the family. */
function familyLines(net: Net, family: Family, hasPrefix: boolean, others: readonly string[]): string | undefined {
  // An interface without addresses is named all the same, so that it is switched on.
  const wish = family === 'inet' ? net.ip ?? (net.ip6 === undefined ? 'manual' : undefined) : net.ip6
  if (wish === undefined || wish === '') return undefined
  const method = wish === 'dhcp' || wish === 'auto' || wish === 'manual' ? wish : 'static'
  const kept = others.map((line) => `${line}\n`).join('')
  if (method !== 'static') return `iface ${net.name} ${family} ${method}\n${kept}\n`
  const [address = '', length = ''] = wish.split('/')
  const mask = family === 'inet' ? netmask(Number(length)) : length
  const gateway = family === 'inet' ? net.gw : net.gw6
  return [
    `iface ${net.name} ${family} static\n`, hasPrefix ? `\taddress ${wish}\n` : `\taddress ${address}\n\tnetmask ${mask}\n`,
    gateway === undefined ? '' : isWithin(gateway, address, Number(length)) ? `\tgateway ${gateway}\n` : block(routeLines(gateway, net.name)),
    kept, '\n',
  ].join('')
}

/** A gateway beyond the network is reached by a route of its own. */
function routeLines(gateway: string, name: string): string {
  return [
    `post-up ip route add ${gateway} dev ${name}`, `post-up ip route add default via ${gateway} dev ${name}`,
    `pre-down ip route del default via ${gateway} dev ${name}`, `pre-down ip route del ${gateway} dev ${name}`,
  ].map((line) => `\t${line}\n`).join('')
}

/** Lines of an interface that we write ourselves. */
function isOurs(line: string): boolean {
  return /^\s*(?:address|netmask|gateway)\s/.test(line)
}

/** Without routes to a gateway as older versions wrote them, the four of them without marks around. */
function withoutOldRoutes(lines: readonly string[]): string[] {
  const gateway = /^\tpost-up ip route add (\S{1,64}) dev (\S{1,15})$/
  for (const [index, line] of lines.entries()) {
    const [, address = '', name = ''] = gateway.exec(line) ?? []
    const wanted = routeLines(address, name).trimEnd().split('\n').map((each) => each.trim())
    if (address !== '' && wanted.every((each, offset) => lines[index + offset]?.trim() === each)) return withoutOldRoutes([...lines.slice(0, index), ...lines.slice(index + wanted.length)])
  }
  return [...lines]
}

function withoutRouteBlocks(text: string): string {
  for (let current = text; ; ) {
    const next = withoutBlock(current)
    if (next === current) return current
    current = next
  }
}

function readStanzas(text: string): Stanza[] {
  const stanzas: Stanza[] = []
  let lead: string[] = []
  for (const line of text === '' ? [] : text.replace(/\n$/, '').split('\n')) {
    const words = line.trim().split(/\s+/)
    const [word, name = '', family = '', method = ''] = words
    const last = stanzas.at(-1)
    if (word === 'auto' && words.length === 2) { stanzas.push({lead, auto: name, lines: [], hasGap: false}); lead = [] }
    else if (word === 'iface' && (family === 'inet' || family === 'inet6')) { stanzas.push({lead, iface: {name, family, method}, lines: [], hasGap: false}); lead = [] }
    else if (line.trim() === '' && last !== undefined && lead.length === 0) last.hasGap = true
    else if (/^\s/.test(line) && line.trim() !== '' && last?.iface !== undefined && !last.hasGap && lead.length === 0) last.lines.push(line)
    else lead.push(line)
  }
  if (lead.length > 0) stanzas.push({lead, lines: [], hasGap: false})
  return stanzas
}

function asItWas({lead, auto, iface, lines}: Stanza): string {
  return [
    ...lead, ...(auto === undefined ? [] : [`auto ${auto}`]), ...(iface === undefined ? [] : [`iface ${iface.name} ${iface.family} ${iface.method}`]), ...lines,
  ].map((line) => `${line}\n`).join('')
}
