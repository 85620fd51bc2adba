// The real lvm2 on a loop device, in a world of its own (LVM_SYSTEM_DIR): it sees that device and no other. Kernels without device mapper
// take part as well: lvm2 then keeps the books and makes no devices, which is all that this suite looks at.
import {spawnSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {mkdtemp, rm, truncate, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, it} from 'vitest'
import {systemClock} from '../../../src/lib/base/index.ts'
import type {Host} from '../../../src/lib/host/index.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import {plugin} from '../../../src/lib/storage/lvm/plugin.ts'
import type {StorageUnderTest} from './storage-contract.ts'
import {storageContract} from './storage-contract.ts'

/** Not by /dev/mapper/control: lvm2 makes that node whether the kernel has the driver or not. */
const hasDeviceMapper = readFileSync('/proc/misc', 'utf8').includes('device-mapper')

function missing(): string | undefined {
  if (process.getuid?.() !== 0) return 'loop devices need root'
  if (spawnSync('lvs', ['--version']).status !== 0) return 'lvm2 is not installed'
  const probe = spawnSync('losetup', ['-f'], {encoding: 'utf8'})
  return probe.status === 0 ? undefined : `there are no loop devices: ${probe.stderr.trim()}`
}

/** A host on which lvm2 knows one device. */
async function volumeGroupOnLoop(): Promise<StorageUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'corral-lvm-'))
  const image = join(folder, 'disk.img')
  await writeFile(image, '')
  await truncate(image, 256 * 1024 ** 2)
  const local = localHost('h1')
  const device = (await local.run(['losetup', '-f', '--show', '--', image])).stdout.trim()
  await writeFile(join(folder, 'lvm.conf'), [
    `global { activation=${hasDeviceMapper ? 1 : 0} use_lvmpolld=0 event_activation=0 locking_dir="${folder}" }`,
    `devices { use_devicesfile=0 filter=["a|^${device}$|","r|.*|"] global_filter=["a|^${device}$|","r|.*|"] }`,
    'activation { udev_sync=0 udev_rules=0 monitoring=0 }', 'backup { backup=0 archive=0 }', '',
  ].join('\n'))
  const env = {LVM_SYSTEM_DIR: folder}
  const host: Host = {...local, run: (argv, options) => local.run(argv, {...options, env: {...options?.env, ...env}})}
  const group = `corral-test-${process.pid}-${folder.slice(-6)}`
  await host.run(['pvcreate', '-q', '--', device])
  await host.run(['vgcreate', '-q', '--', group, device])
  return {
    ...hasDeviceMapper ? {} : {hasNoDevices: true},
    plugin, host, config: {type: 'lvm', storage: 'vg', vgname: group, content: 'images,rootdir'},
    outage: {
      begin: async () => { await local.run(['losetup', '-d', device]) },
      // The device may be looked at by somebody for a moment more.
      end: async () => { await expect.poll(async () => (await local.run(['losetup', device, image], {okExitCodes: [0, 1]})).exitCode, {timeout: 30_000}).toBe(0) },
    },
    close: async () => {
      await host.run(['vgremove', '-q', '--force', '--', group], {okExitCodes: [0, 5]})
      await local.run(['losetup', '-d', device])
      await rm(folder, {recursive: true, force: true})
    },
  }
}

const reason = missing()
if (reason !== undefined) {
  describe('a storage of type lvm', () => {
    it.skip(`is not tried: ${reason}`, () => undefined)
  })
} else {
  storageContract('lvm', volumeGroupOnLoop)

  describe('a volume group', () => {
    const opened: StorageUnderTest[] = []
    afterAll(async () => { for (const made of opened) await made.close() })
    const open = async (options: Readonly<Record<string, unknown>> = {}) => {
      const made = await volumeGroupOnLoop()
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
