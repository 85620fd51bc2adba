// A ZFS pool: zvols, file systems, snapshots and clones of the kernel's own ZFS.
import {afterAll, beforeAll, it} from 'vitest'
import {plugin} from '../../../src/lib/storage/zfspool/plugin.ts'
import {storageContract} from '../../contract/storage/storage-contract.ts'
import {expectAsRecorded, isRecordable} from '../../support/recordings/recording.ts'
import {zfsPoolScene} from '../../support/recordings/scenes.ts'
import {sharedHost, spareDisk} from '../support/shared-host.ts'
import {emptyPool} from '../support/zfs-pool.ts'

const [pool, number] = ['labtank', 3]

beforeAll(async () => {
  const host = await sharedHost()
  await host.run(['modprobe', 'zfs'], {timeoutMs: 300_000})
  await host.run(['zpool', 'create', '-f', pool, await spareDisk(host, number)])
})
afterAll(async () => {
  const host = await sharedHost()
  await host.run(['zpool', 'destroy', '-f', pool])
  await host.run(['wipefs', '-q', '-a', '--', await spareDisk(host, number)])
})

storageContract('zfspool', async () => {
  const host = await sharedHost()
  return {
    plugin, host, config: {type: 'zfspool', storage: 'tank', pool, content: 'images,rootdir', sparse: 1},
    close: () => emptyPool(host, pool),
  }
})

it.skipIf(!isRecordable('zfspool'))('answers as it was recorded', async () => {
  await expectAsRecorded('zfspool', zfsPoolScene, {host: await sharedHost(), names: {pool}, versions: [['zfs', '--version']]})
}, 600_000)
