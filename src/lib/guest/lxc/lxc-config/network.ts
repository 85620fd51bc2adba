// Network interfaces: a pair, whose end on the host is plugged into the bridge by LXC. Addresses are the container's own business (setup/). Pure.
import type {Net} from '../config/nets.ts'
import {vethName} from '../runtime/paths.ts'
import type {LxcLine} from './build-lxc-config.ts'

export function networkLines(nets: readonly Net[], vmid: number, bridgeMtus: Readonly<Record<string, number>>): LxcLine[] {
  // Without any, LXC would leave the container in the network of the host.
  if (nets.length === 0) return [['lxc.net.0.type', 'empty']]
  return nets.flatMap(({index, name, bridge, hwaddr, mtu, link_down: isDown}): LxcLine[] => {
    const own = (key: string, value: string): LxcLine => [`lxc.net.${index}.${key}`, value]
    const width = mtu ?? (bridge === undefined ? undefined : bridgeMtus[bridge])
    return [
      own('type', 'veth'), own('veth.pair', vethName(vmid, index)), own('name', name),
      // What is unplugged is in no bridge.
      ...(bridge === undefined || isDown === true ? [] : [own('link', bridge)]),
      ...(hwaddr === undefined ? [] : [own('hwaddr', hwaddr)]),
      ...(width === undefined ? [] : [own('mtu', String(width))]),
    ]
  })
}
