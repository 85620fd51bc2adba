// Chains of volumes in a volume group with the kernel's device mapper: qcow2 images in logical volumes, each snapshot one of its own. The machine on which the other
// tests run has loop devices in their place (test/support/lvm-devices.py).
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {systemClock} from '../../../src/lib/base/index.ts'
import {plugin} from '../../../src/lib/storage/lvm/plugin.ts'
import {storageContract} from '../../contract/storage/storage-contract.ts'
import {sharedHost} from '../support/shared-host.ts'

const [group, disk] = ['chaingroup', '/dev/disk/by-id/virtio-disk5']

beforeAll(async () => {
  await (await sharedHost()).run(['vgcreate', '-q', '--yes', '--', group, disk])
})
afterAll(async () => {
  const host = await sharedHost()
  await host.run(['vgremove', '-q', '--yes', '--force', '--', group])
  await host.run(['pvremove', '-q', '--', disk])
})

const config = {type: 'lvm', storage: 'vg', vgname: group, content: 'images', 'snapshot-as-volume-chain': true}

storageContract('lvm with chains', async () => {
  const host = await sharedHost()
  return {plugin, host, config, close: async () => { await host.run(['lvremove', '-q', '--yes', '--', group]) }}
})

describe('a disk that somebody has open', () => {
  it('is not removed, rolled back or switched off', async () => {
    const host = await sharedHost()
    const storage = plugin.open(config, host, systemClock)
    const {id} = await storage.create({vmid: 100, format: 'qcow2', sizeBytes: 8 * 1024 ** 2})
    await storage.snapshots?.create(id, 'before')
    const path = await storage.attach(id)
    const stop = new AbortController()
    const holding = host.run(['qemu-io', '-f', 'qcow2', '-c', 'write 0 4k', '-c', 'sleep 600000', '--', path], {signal: stop.signal}).catch(() => undefined)
    try {
      await expect.poll(async () => storage.checkRemovable(id).then(() => 'free', () => 'in use'), {timeout: 300_000}).toBe('in use')
      await storage.detach(id)
      for (const change of [() => storage.remove(id), () => storage.snapshots?.rollback(id, 'before'), () => storage.snapshots?.remove(id, 'before')]) await expect(change()).rejects.toMatchObject({kind: 'conflict'})
    } finally {
      stop.abort()
      await holding
    }
    await storage.remove(id)
    expect(await storage.list(['images'])).toEqual([])
  }, 600_000)
})
