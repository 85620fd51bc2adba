// From one state of a running container's interface to another: the commands that bring it about. They are run on the host, those for the inside in the
// container's network namespace with the host's own ip(8), so that nothing of the container is trusted. Pure.
import {noRateCommands, parseTrunks, rateBytes, rateCommands, vlanCommands} from '../../../network/index.ts'
import type {Net} from '../config/nets.ts'
import {vethName} from './paths.ts'

export interface Wire {
  readonly vmid: number
  /** Its first process, as the host numbers it. */
  readonly init: number
  /** Of the bridges that are named. */
  readonly bridgeMtus: Readonly<Record<string, number>>
}

/** A command, and whether its failure is none: what is to go may be gone. */
export interface LiveCommand {
  readonly argv: readonly string[]
  readonly mayFail?: true
}

const must = (argv: readonly string[]): LiveCommand => ({argv})
const may = (argv: readonly string[]): LiveCommand => ({argv, mayFail: true})
const ip = (...words: string[]) => ['ip', ...words]

/** Unplugs an interface for good: the other end goes with it. */
export function removeNet(index: number, {vmid}: Wire): LiveCommand[] {
  return [may(ip('link', 'delete', 'dev', vethName(vmid, index)))]
}

/** Makes an interface anew, whatever there was of it before. */
export function rebuildNet(net: Net, wire: Wire): LiveCommand[] {
  const {vmid, init} = wire
  const veth = vethName(vmid, net.index)
  const mtu = mtuWords(net, wire)
  return [
    ...removeNet(net.index, wire),
    must(ip('link', 'add', 'name', veth, ...mtu, 'type', 'veth', 'peer', 'name', net.name, ...(net.hwaddr === undefined ? [] : ['address', net.hwaddr.toLowerCase()]), ...mtu, 'netns', String(init))),
    ...plug(net, wire), ...limit(undefined, net, veth),
    must(inside(wire, 'link', 'set', 'dev', net.name, 'up')), ...addresses(undefined, net, wire),
  ]
}

/** Another name or hardware address is another interface; everything else is changed as it stands. */
export function changeNet(before: Net, after: Net, wire: Wire): LiveCommand[] {
  if (before.name !== after.name || before.hwaddr?.toLowerCase() !== after.hwaddr?.toLowerCase()) return rebuildNet(after, wire)
  const veth = vethName(wire.vmid, after.index)
  const isPluggedAnew = (['bridge', 'tag', 'trunks', 'link_down'] as const).some((key) => before[key] !== after[key])
  const [oldMtu, newMtu] = [mtuWords(before, wire), mtuWords(after, wire)]
  return [
    ...(isPluggedAnew ? [must(ip('link', 'set', 'dev', veth, 'nomaster')), ...plug(after, wire)] : []),
    ...(newMtu.length === 0 || oldMtu[1] === newMtu[1] ? [] : [must(ip('link', 'set', 'dev', veth, ...newMtu)), must(inside(wire, 'link', 'set', 'dev', after.name, ...newMtu))]),
    ...limit(before, after, veth), ...addresses(before, after, wire),
  ]
}

/** What LXC does not do itself at the start. */
export function afterStart(net: Net, vmid: number): LiveCommand[] {
  const veth = vethName(vmid, net.index)
  return [...(net.link_down === true ? [must(ip('link', 'set', 'dev', veth, 'down'))] : []), ...limit(undefined, net, veth)]
}

function mtuWords({mtu, bridge}: Net, {bridgeMtus}: Wire): string[] {
  const width = mtu ?? (bridge === undefined ? undefined : bridgeMtus[bridge])
  return width === undefined ? [] : ['mtu', String(width)]
}

function inside({init}: Wire, ...words: string[]): string[] {
  return ['nsenter', `--net=/proc/${init}/ns/net`, '--', 'ip', ...words]
}

function plug({bridge, index, tag, trunks, link_down: isDown}: Net, {vmid}: Wire): LiveCommand[] {
  const veth = vethName(vmid, index)
  if (isDown === true) return [must(ip('link', 'set', 'dev', veth, 'down'))]
  return [
    ...(bridge === undefined ? [] : [must(ip('link', 'set', 'dev', veth, 'master', bridge)), ...vlanCommands(veth, {tag, trunks: parseTrunks(trunks)}).map(must)]),
    must(ip('link', 'set', 'dev', veth, 'up')),
  ]
}

function limit(before: Net | undefined, after: Net, veth: string): LiveCommand[] {
  const [old, wanted] = [rateBytes(before?.rate), rateBytes(after.rate)]
  if (old === wanted) return []
  return [...(old === undefined ? [] : noRateCommands(veth).map(may)), ...(wanted === undefined ? [] : rateCommands(veth, wanted).map(must))]
}

/** Static ones; those that are asked for over the network come when the container asks. */
function addresses(before: Net | undefined, after: Net, wire: Wire): LiveCommand[] {
  return ([['-4', 'ip', 'gw'], ['-6', 'ip6', 'gw6']] as const).flatMap(([family, key, gateway]): LiveCommand[] => {
    const isStatic = (text: string | undefined) => text?.includes('/') === true
    const [old, wanted] = [before?.[key], after[key]]
    const isSame = old === wanted && before?.[gateway] === after[gateway]
    if (isSame && before !== undefined) return []
    const device = ['dev', after.name]
    return [
      ...(before?.[gateway] !== undefined && before[gateway] !== after[gateway] ? [may(inside(wire, family, 'route', 'delete', 'default', 'via', before[gateway], ...device))] : []),
      // First the old one: with it the kernel takes those of the same network.
      ...(old !== undefined && isStatic(old) && old !== wanted ? [may(inside(wire, family, 'address', 'delete', old, ...device))] : []),
      ...(wanted !== undefined && isStatic(wanted) && old !== wanted ? [must(inside(wire, family, 'address', 'replace', wanted, ...device))] : []),
      // Reached directly where it is beyond the network.
      ...(after[gateway] === undefined || !isStatic(wanted) ? [] : [must(inside(wire, family, 'route', 'replace', 'default', 'via', after[gateway], ...device, 'onlink'))]),
    ]
  })
}
