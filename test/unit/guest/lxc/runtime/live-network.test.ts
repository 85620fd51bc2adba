import {expect, it} from 'vitest'
import {networkLines} from '../../../../../src/lib/guest/lxc/lxc-config/network.ts'
import {readNet} from '../../../../../src/lib/guest/lxc/config/index.ts'
import {afterStart, changeNet, rebuildNet, removeNet} from '../../../../../src/lib/guest/lxc/runtime/live-network.ts'
import type {LiveCommand} from '../../../../../src/lib/guest/lxc/runtime/live-network.ts'
import {filtersVlans, parseTrunks} from '../../../../../src/lib/network/index.ts'

const wire = {vmid: 200, init: 77, bridgeMtus: {vmbr0: 1500, vmbr1: 9000}}
const net = (text: string) => readNet('net1', `name=eth1,hwaddr=BC:24:11:00:00:01,${text}`)
const words = (commands: readonly LiveCommand[]) => commands.map(({argv, mayFail}) => `${mayFail === true ? '-' : ''}${argv.join(' ')}`)
const inside = 'nsenter --net=/proc/77/ns/net -- ip'

it('plugs an interface in, with its VLANs, its limit and its addresses, and out again', () => {
  expect(words(rebuildNet(net('bridge=vmbr0,tag=5,trunks=6;7,rate=2,ip=192.0.2.5/24,gw=192.0.2.1,ip6=auto'), wire))).toEqual([
    '-ip link delete dev veth200i1',
    'ip link add name veth200i1 mtu 1500 type veth peer name eth1 address bc:24:11:00:00:01 mtu 1500 netns 77',
    'ip link set dev veth200i1 master vmbr0', 'bridge vlan del dev veth200i1 vid 1', 'bridge vlan add dev veth200i1 vid 5 pvid untagged', 'bridge vlan add dev veth200i1 vid 6', 'bridge vlan add dev veth200i1 vid 7',
    'ip link set dev veth200i1 up',
    'tc qdisc add dev veth200i1 root tbf rate 2097152bps burst 209715 latency 100ms', 'tc qdisc add dev veth200i1 handle ffff: ingress',
    'tc filter add dev veth200i1 parent ffff: protocol all prio 50 u32 match u32 0 0 action police rate 2097152bps burst 209715 conform-exceed drop',
    `${inside} link set dev eth1 up`, `${inside} -4 address replace 192.0.2.5/24 dev eth1`, `${inside} -4 route replace default via 192.0.2.1 dev eth1 onlink`,
  ])
  expect(words(removeNet(1, wire))).toEqual(['-ip link delete dev veth200i1'])
})

it('changes one as it stands: bridge, width, link, addresses', () => {
  const change = (before: string, after: string) => words(changeNet(net(before), net(after), wire))
  expect(change('bridge=vmbr0', 'bridge=vmbr0')).toEqual([])
  expect(change('bridge=vmbr0', 'bridge=vmbr1')).toEqual([
    'ip link set dev veth200i1 nomaster', 'ip link set dev veth200i1 master vmbr1', 'ip link set dev veth200i1 up', 'ip link set dev veth200i1 mtu 9000', `${inside} link set dev eth1 mtu 9000`,
  ])
  expect(change('bridge=vmbr0', 'bridge=vmbr0,link_down=1')).toEqual(['ip link set dev veth200i1 nomaster', 'ip link set dev veth200i1 down'])
  expect(change('bridge=vmbr0,rate=2', 'bridge=vmbr0')).toEqual(['-tc qdisc del dev veth200i1 root', '-tc qdisc del dev veth200i1 ingress'])
  expect(change('ip=192.0.2.5/24,gw=192.0.2.1', 'ip=192.0.2.6/24')).toEqual([
    `-${inside} -4 route delete default via 192.0.2.1 dev eth1`, `-${inside} -4 address delete 192.0.2.5/24 dev eth1`, `${inside} -4 address replace 192.0.2.6/24 dev eth1`,
  ])
  expect(change('ip6=2001:db8::5/64', 'ip6=auto')).toEqual([`-${inside} -6 address delete 2001:db8::5/64 dev eth1`])
  expect(words(changeNet(net('bridge=vmbr0'), {...net('bridge=vmbr0'), name: 'lan'}, wire))[0]).toBe('-ip link delete dev veth200i1')
})

it('does after a start what LXC does not, and tells LXC of VLANs and of addresses that the host manages', () => {
  expect(words(afterStart(net('bridge=vmbr0,link_down=1'), 200))).toEqual(['ip link set dev veth200i1 down'])
  const lines = networkLines([net('bridge=vmbr0,tag=5,trunks=6,host-managed=1,ip=192.0.2.5/24,gw=192.0.2.1,ip6=auto')], 200, wire.bridgeMtus).map((line) => line.join(' = '))
  expect(lines).toEqual(expect.arrayContaining(['lxc.net.1.veth.vlan.id = 5', 'lxc.net.1.veth.vlan.tagged.id = 6', 'lxc.net.1.flags = up', 'lxc.net.1.ipv4.address = 192.0.2.5/24', 'lxc.net.1.ipv4.gateway = 192.0.2.1']))
  expect(lines.some((line) => line.includes('ipv6'))).toBe(false)
})

it('knows a bridge that keeps VLANs apart', () => {
  const answer = (flag: unknown) => JSON.stringify([{ifname: 'vmbr0', linkinfo: {info_data: {vlan_filtering: flag}}}])
  expect([answer(1), answer(0), '', '[{}]', '[]', 'null'].map(filtersVlans)).toEqual([true, false, false, false, false, false])
  expect(parseTrunks('2;7;5000;x')).toEqual([2, 7])
})
