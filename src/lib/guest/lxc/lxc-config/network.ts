// Network interfaces: a pair, whose end on the host is plugged into the bridge by LXC. Addresses are the container's own business (setup/), unless the host
// manages them. Pure.
import {parseTrunks} from '../../../network/index.ts'
import type {Net} from '../config/nets.ts'
import {vethName} from '../runtime/paths.ts'
import type {LxcLine} from './build-lxc-config.ts'

export function networkLines(nets: readonly Net[], vmid: number, bridgeMtus: Readonly<Record<string, number>>): LxcLine[] {
  // Without any, LXC would leave the container in the network of the host.
  if (nets.length === 0) return [['lxc.net.0.type', 'empty']]
  return nets.flatMap((net): LxcLine[] => {
    const {index, name, bridge, hwaddr, link_down: isDown, tag, trunks} = net
    const own = (key: string, value: string): LxcLine => [`lxc.net.${index}.${key}`, value]
    const width = widthOf(net, bridgeMtus)
    const isPlugged = bridge !== undefined && isDown !== true
    return [
      own('type', 'veth'), own('veth.pair', vethName(vmid, index)), own('name', name),
      // What is unplugged is in no bridge.
      ...(isPlugged ? [own('link', bridge)] : []),
      ...(isPlugged && tag !== undefined ? [own('veth.vlan.id', String(tag))] : []),
      ...(isPlugged ? parseTrunks(trunks).map((id) => own('veth.vlan.tagged.id', String(id))) : []),
      ...(hwaddr === undefined ? [] : [own('hwaddr', hwaddr)]),
      ...(width === undefined ? [] : [own('mtu', String(width))]),
      ...(net['host-managed'] === true ? hostManaged(net, own) : []),
    ]
  })
}

/** Its own MTU, else that of its bridge. */
export function widthOf({mtu, bridge}: Net, bridgeMtus: Readonly<Record<string, number>>): number | undefined {
  return mtu ?? (bridge === undefined ? undefined : bridgeMtus[bridge])
}

/** LXC sets the addresses; one that comes by router advertisements the kernel sets by itself. */
function hostManaged(net: Net, own: (key: string, value: string) => LxcLine): LxcLine[] {
  const family = (version: 'ipv4' | 'ipv6', address: string | undefined, gateway: string | undefined): LxcLine[] => {
    if (address?.includes('/') !== true) return []
    return [own(`${version}.address`, address), ...(gateway === undefined ? [] : [own(`${version}.gateway`, gateway)])]
  }
  return [own('flags', 'up'), ...family('ipv4', net.ip, net.gw), ...family('ipv6', net.ip6, net.gw6)]
}
