// Volume groups of the real lvm2 (test/support/volume-group.ts): raw disks, whose bytes are looked at only where the kernel has device mapper, and qcow2 images with
// their snapshots, whose volumes are devices everywhere.
import {afterAll, describe, expect, it} from 'vitest'
import {systemClock} from '../../../src/lib/base/index.ts'
import type {Host} from '../../../src/lib/host/index.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import {plugin} from '../../../src/lib/storage/lvm/plugin.ts'
import {hasDeviceMapper, volumeGroupMissing, volumeGroupOnLoop} from '../../support/volume-group.ts'
import type {StorageUnderTest} from './storage-contract.ts'
import {storageContract} from './storage-contract.ts'

async function groupUnderTest(options: Readonly<Record<string, unknown>> = {}, withDevices = false): Promise<StorageUnderTest> {
  const {group, env, device, image, close} = await volumeGroupOnLoop({withDevices})
  const local = localHost('h1')
  const host: Host = {...local, run: (argv, wishes) => local.run(argv, {...wishes, env: {...wishes?.env, ...env}})}
  return {
    ...hasDeviceMapper || withDevices ? {} : {hasNoDevices: true},
    plugin, host, config: {type: 'lvm', storage: 'vg', vgname: group, content: 'images,rootdir', ...options}, close,
    outage: {
      begin: async () => { await local.run(['losetup', '-d', device]) },
      // The device may be looked at by somebody for a moment more.
      end: async () => { await expect.poll(async () => (await local.run(['losetup', device, image], {okExitCodes: [0, 1]})).exitCode, {timeout: 30_000}).toBe(0) },
    },
  }
}

const reason = volumeGroupMissing()
if (reason !== undefined) {
  describe('a storage of type lvm', () => {
    it.skip(`is not tried: ${reason}`, () => undefined)
  })
} else {
  storageContract('lvm', () => groupUnderTest())
  // Each call of lvm2 makes or takes away devices here, so what is no different from raw disks, and what the folders' suites show of images, is left to them.
  storageContract('lvm with chains', () => groupUnderTest({'snapshot-as-volume-chain': true}, true), [
    'activate', 'usage', 'list', 'path', 'template', 'linked clone', 'export', 'import', 'concurrent', 'out of space', 'gone and back',
  ])

  describe('a volume group', () => {
    const opened: StorageUnderTest[] = []
    afterAll(async () => { for (const made of opened) await made.close() })
    const open = async (options: Readonly<Record<string, unknown>> = {}) => {
      const made = await groupUnderTest()
      opened.push(made)
      return {...made, storage: plugin.open({...made.config, ...options}, made.host, systemClock)}
    }

    it('says that it is not there, and what to type, when the host has no group of that name', async () => {
      const {host} = await open()
      const storage = plugin.open({type: 'lvm', storage: 'vg', vgname: 'nowhere'}, host, systemClock)
      await expect(storage.activate()).rejects.toMatchObject({kind: 'unavailable', message: "storage 'vg' is not there: the host has no volume group 'nowhere'"})
      expect(await storage.usage()).toMatchObject({isActive: false, totalBytes: 0})
    })

    it('refuses what does not fit, and leaves nothing', async () => {
      const {storage} = await open()
      await expect(storage.create({vmid: 100, format: 'raw', sizeBytes: 1024 ** 4})).rejects.toMatchObject({kind: 'unavailable', message: "storage 'vg' has not enough space"})
      expect(await storage.list(['images'])).toEqual([])
    })

    it('marks each volume with its guest, and shows only those with tagged_only', async () => {
      const {storage, host, config} = await open({tagged_only: true})
      const {id} = await storage.create({vmid: 100, format: 'raw', sizeBytes: 1024 ** 2})
      const group = String(config['vgname'])
      await host.run(['lvcreate', '-q', '--yes', '-an', '-Zn', '-Wn', '-L', '4m', '-n', 'vm-100-disk-7', '--', group])
      expect((await storage.list(['images'])).map((volume) => volume.id)).toEqual([id])
      const all = plugin.open(config, host, systemClock)
      expect((await all.list(['images'])).map((volume) => volume.id.name)).toEqual(['vm-100-disk-0', 'vm-100-disk-7'])
    })

    it('does not show volumes that are no disks of guests', async () => {
      const {storage, host, config} = await open()
      await host.run(['lvcreate', '-q', '--yes', '-an', '-Zn', '-Wn', '-L', '4m', '-n', 'root', '--', String(config['vgname'])])
      expect(await storage.list(['images'])).toEqual([])
    })

    it('rounds a size up to whole extents and counts it as used', async () => {
      const {storage} = await open()
      const before = await storage.usage()
      expect(await storage.create({vmid: 100, format: 'raw', sizeBytes: 5 * 1024 ** 2})).toMatchObject({sizeBytes: 8 * 1024 ** 2})
      expect(before.availableBytes - (await storage.usage()).availableBytes).toBe(8 * 1024 ** 2)
    })
  })
}
