// A volume group with the kernel's device mapper: its volumes are devices, which test/contract/storage/lvm.test.ts cannot have everywhere.
import {afterAll, beforeAll} from 'vitest'
import {plugin} from '../../../src/lib/storage/lvm/plugin.ts'
import {storageContract} from '../../contract/storage/storage-contract.ts'
import {sharedHost} from '../support/shared-host.ts'

const [group, disk] = ['labgroup', '/dev/disk/by-id/virtio-disk2']

beforeAll(async () => {
  await (await sharedHost()).run(['vgcreate', '-q', '--yes', '--', group, disk])
})
afterAll(async () => {
  const host = await sharedHost()
  await host.run(['vgremove', '-q', '--yes', '--force', '--', group])
  await host.run(['pvremove', '-q', '--', disk])
})

storageContract('lvm', async () => {
  const host = await sharedHost()
  return {
    plugin, host, config: {type: 'lvm', storage: 'vg', vgname: group, content: 'images,rootdir'},
    close: async () => { await host.run(['lvremove', '-q', '--yes', '--', group]) },
  }
})
