// A thin pool with the kernel's device mapper.
import {afterAll, beforeAll, it} from 'vitest'
import {plugin} from '../../../src/lib/storage/lvmthin/plugin.ts'
import {storageContract} from '../../contract/storage/storage-contract.ts'
import {expectAsRecorded, isRecordable} from '../../support/recordings/recording.ts'
import {thinPoolScene} from '../../support/recordings/scenes.ts'
import {sharedHost} from '../support/shared-host.ts'

const [group, disk] = ['labthin', '/dev/disk/by-id/virtio-disk1']

beforeAll(async () => {
  const host = await sharedHost()
  await host.run(['vgcreate', '-q', '--yes', '--', group, disk])
  // One for all tests: to make it takes longer than most of them.
  await host.run(['lvcreate', '-q', '--type', 'thin-pool', '-L', '512m', '-n', 'pool', '--', group])
})
afterAll(async () => {
  const host = await sharedHost()
  await host.run(['vgremove', '-q', '--yes', '--force', '--', group])
  await host.run(['pvremove', '-q', '--', disk])
})

storageContract('lvmthin', async () => {
  const host = await sharedHost()
  return {
    plugin, host, config: {type: 'lvmthin', storage: 'thin', vgname: group, thinpool: 'pool', content: 'images,rootdir'},
    close: async () => { await host.run(['lvremove', '-q', '--yes', '--select', 'pool_lv=pool', '--', group]) },
  }
})

it.skipIf(!isRecordable('lvmthin'))('answers as it was recorded', async () => {
  await expectAsRecorded('lvmthin', thinPoolScene, {host: await sharedHost(), names: {group, pool: 'pool'}, versions: [['lvs', '--version']]})
}, 600_000)
