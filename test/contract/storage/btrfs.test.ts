// A real btrfs on a loop device.
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, it} from 'vitest'
import {systemClock} from '../../../src/lib/base/index.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import {plugin} from '../../../src/lib/storage/btrfs/plugin.ts'
import {btrfsFileSystem, whyNoBtrfs} from '../../support/btrfs-file-system.ts'
import type {BtrfsFileSystem} from '../../support/btrfs-file-system.ts'
import type {StorageUnderTest} from './storage-contract.ts'
import {storageContract} from './storage-contract.ts'

const host = localHost('h1')

const reason = whyNoBtrfs()
if (reason !== undefined) {
  describe('a storage of type btrfs', () => {
    it.skip(`is not tried: ${reason}`, () => undefined)
  })
} else {
  // One file system for all; each test has a folder of its own in it.
  const made: BtrfsFileSystem[] = []
  let folders = 0
  afterAll(() => { made[0]?.close() })
  const inFolder = async (options: Readonly<Record<string, unknown>> = {}): Promise<StorageUnderTest> => {
    const {image, mountPoint} = (made[0] ??= btrfsFileSystem())
    return {
      plugin, host, config: {type: 'btrfs', storage: 'butter', path: join(mountPoint, `s${++folders}`), content: 'images,iso', is_mountpoint: mountPoint, ...options}, close: async () => undefined,
      outage: {
        begin: async () => { await host.run(['umount', '-d', '--', mountPoint]) },
        end: async () => { await host.run(['mount', '-o', 'loop', '--', image, mountPoint]) },
      },
    }
  }
  storageContract('btrfs', inFolder)

  describe('a folder on btrfs', () => {
    const open = async (options: Readonly<Record<string, unknown>> = {}) => {
      const {config} = await inFolder(options)
      return {path: String(config['path']), storage: plugin.open(config, host, systemClock)}
    }

    it('keeps a raw disk in a subvolume, as Proxmox VE does, and takes its snapshots with it', async () => {
      const {storage, path} = await open()
      const {id} = await storage.create({vmid: 100, format: 'raw', sizeBytes: 1024 ** 2})
      expect(id.name).toBe('100/vm-100-disk-0.raw')
      await storage.snapshots?.create(id, 'before')
      expect(await host.files.list(`${path}/images/100`)).toEqual(['vm-100-disk-0', 'vm-100-disk-0@before'])
      expect(storage.imageName(id, 'before').path).toBe(`${path}/images/100/vm-100-disk-0@before/disk.raw`)
      expect((await storage.list(['images'])).map((volume) => volume.id)).toEqual([id])
      await expect(storage.rename(id, {...id, name: '200/vm-200-disk-0.raw'})).rejects.toMatchObject({kind: 'conflict'})
      await storage.remove(id)
      expect(await host.files.list(`${path}/images`)).toEqual([])
    })

    it('keeps the folder of a container in a subvolume, with snapshots and clones of its own', async () => {
      const {storage, path} = await open()
      const {id} = await storage.create({vmid: 100, format: 'subvol', sizeBytes: 0})
      expect([id.name, storage.path(id)]).toEqual(['100/subvol-100-disk-0.subvol', `${path}/images/100/subvol-100-disk-0.subvol`])
      const file = `${storage.path(id)}/file`
      await host.files.write(file, 'first')
      await storage.snapshots?.create(id, 'before')
      await host.files.write(file, 'second')
      expect(await host.files.readText(`${await storage.attach(id, 'before')}/file`)).toBe('first')
      expect((await storage.list(['images'])).map((volume) => [volume.id.name, volume.format, volume.sizeBytes])).toEqual([['100/subvol-100-disk-0.subvol', 'subvol', 0]])
      await storage.snapshots?.rollback(id, 'before')
      expect(await host.files.readText(file)).toBe('first')
      await storage.snapshots?.remove(id, 'before')
      const base = await storage.templates?.makeBase(id) ?? id
      expect(base.name).toBe('100/basevol-100-disk-0.subvol')
      const clone = await storage.templates?.nextClone(base, 101, []) ?? id
      await storage.templates?.clone(base, clone)
      await host.files.write(`${storage.path(clone)}/file`, 'own')
      expect(await host.files.readText(`${storage.path(base)}/file`)).toBe('first')
      await expect(storage.create({vmid: 102, format: 'subvol', sizeBytes: 4096})).rejects.toMatchObject({kind: 'unsupported'})
      await expect(storage.resize(clone, 4096)).rejects.toMatchObject({kind: 'unsupported'})
      await expect((async () => storage.blockSource(clone))()).rejects.toMatchObject({kind: 'invalid-input'})
      for (const each of [base, clone]) await storage.remove(each)
      expect(await host.files.list(`${path}/images`)).toEqual([])
    })

    it('is listed with 200 disks without a program', async () => {
      const {config, host: real} = await inFolder()
      const ran: (readonly string[])[] = []
      const storage = plugin.open(config, {...real, run: (argv, options) => { ran.push(argv); return real.run(argv, options) }}, systemClock)
      const {id: {storage: name}} = await storage.create({vmid: 99, format: 'raw', sizeBytes: 1024 ** 2})
      for (let vmid = 100; vmid < 299; vmid++) {
        const folder = `${String(config['path'])}/images/${vmid}/vm-${vmid}-disk-0`
        await mkdir(folder, {recursive: true})
        await writeFile(join(folder, 'disk.raw'), '')
      }
      ran.length = 0
      expect(await storage.list(['images'])).toHaveLength(200)
      expect(await storage.usage()).toMatchObject({isActive: true})
      expect(await storage.nextName(100, 'raw', [])).toEqual({storage: name, name: '100/vm-100-disk-1.raw'})
      expect(ran).toEqual([])
      await host.files.removeTree(String(config['path']))
    }, 60_000)

    it('goes on with a rollback that was killed when the disk was away', async () => {
      const {storage, path} = await open()
      const {id} = await storage.create({vmid: 100, format: 'raw', sizeBytes: 1024 ** 2})
      await storage.snapshots?.create(id, 'before')
      const subvolume = `${path}/images/100/vm-100-disk-0`
      await host.run(['btrfs', 'subvolume', 'snapshot', '--', `${subvolume}@before`, `${subvolume}.rollback`])
      await host.run(['btrfs', 'subvolume', 'delete', '--', subvolume])
      await storage.snapshots?.rollback(id, 'before')
      expect(await storage.exists(id)).toBe(true)
      expect(await host.files.list(`${path}/images/100`)).toEqual(['vm-100-disk-0', 'vm-100-disk-0@before'])
    })

    it('writes in place with nocow', async () => {
      const {storage} = await open({nocow: 1})
      const {id} = await storage.create({vmid: 100, format: 'raw', sizeBytes: 1024 ** 2})
      expect((await host.run(['lsattr', '--', storage.path(id)])).stdout).toMatch(/^-*C-* /)
    })

    it('says so when the folder is on another file system', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'corral-no-btrfs-'))
      const storage = plugin.open({type: 'btrfs', storage: 'butter', path: folder, content: 'images'}, host, systemClock)
      await expect(storage.create({vmid: 100, format: 'raw', sizeBytes: 1024})).rejects.toMatchObject({kind: 'unavailable', message: expect.stringContaining('not on btrfs') as string})
      await rm(folder, {recursive: true})
    })
  })
}
