// Whether a card's bridge can do what the card asks of it.
import {describe, expect, it} from 'vitest'
import {requireVlans} from '../../../../../src/lib/guest/qemu/facts/bridges.ts'
import {tapCommands} from '../../../../../src/lib/guest/qemu/hotplug/machine-change.ts'
import {tapSettings} from '../../../../../src/lib/guest/qemu/runtime/start-steps.ts'
import {fakeHost} from '../../../../../src/lib/host/fake/index.ts'

const asked = ['ip', '-json', '-details', 'link', 'show', 'dev', 'vmbr0']
const bridge = (filters: number) => fakeHost({answers: [{argv: asked, stdout: JSON.stringify([{linkinfo: {info_kind: 'bridge', info_data: {vlan_filtering: filters}}}])}]})

describe('VLANs of a card', () => {
  it('need a bridge that keeps them apart', async () => {
    for (const text of ['virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=5', 'virtio,bridge=vmbr0,trunks=7;10-20']) {
      await expect(requireVlans('net0', text, bridge(1))).resolves.toBeUndefined()
      await expect(requireVlans('net0', text, bridge(0))).rejects.toThrow(/'net0\.(?:tag|trunks)' cannot be carried out: the bridge vmbr0 does not keep VLANs apart/)
    }
    const host = fakeHost({answers: []})
    await expect(requireVlans('net0', 'virtio,bridge=vmbr0', host)).resolves.toBeUndefined()
    await expect(requireVlans('net0', 'virtio,tag=5', host)).resolves.toBeUndefined()
  })

  it('are among the settings of its device, which leaves the bridge before it gets others', () => {
    expect(tapSettings({net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=5,trunks=7;10-20'}, [{key: 'net0', name: 'tap100i0', bridge: 'vmbr0'}]))
      .toEqual([{tap: 'tap100i0', bridge: 'vmbr0', tag: 5, trunks: ['7', '10-20']}])
    expect(tapCommands({tap: 'tap100i0', bridge: 'vmbr0', tag: 5}, '/pve-bridge').slice(-2)).toEqual([['ip', 'link', 'set', 'dev', 'tap100i0', 'nomaster'], ['/pve-bridge', 'tap100i0']])
  })
})
