// A real btrfs on a loop device.
import {spawnSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {mkdtemp, rm, truncate, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, it} from 'vitest'
import {systemClock} from '../../../src/lib/base/index.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import {plugin} from '../../../src/lib/storage/btrfs/plugin.ts'
import type {StorageUnderTest} from './storage-contract.ts'
import {storageContract} from './storage-contract.ts'

function missing(): string | undefined {
  if (process.getuid?.() !== 0) return 'loop devices need root'
  if (spawnSync('mkfs.btrfs', ['--version']).status !== 0) return 'btrfs-progs is not installed'
  if (!/\sbtrfs$/m.test(readFileSync('/proc/filesystems', 'utf8'))) return 'the kernel has no btrfs'
  const probe = spawnSync('losetup', ['-f'], {encoding: 'utf8'})
  return probe.status === 0 ? undefined : `there are no loop devices: ${probe.stderr.trim()}`
}

interface FileSystem { readonly image: string; readonly mountPoint: string; readonly close: () => Promise<void> }

const host = localHost('h1')

async function fileSystem(): Promise<FileSystem> {
  const folder = await mkdtemp(join(tmpdir(), 'corral-btrfs-'))
  const [image, mountPoint] = [join(folder, 'disk.img'), join(folder, 'mnt')]
  await writeFile(image, '')
  await truncate(image, 512 * 1024 ** 2)
  await host.run(['mkfs.btrfs', '-q', '--', image])
  await host.files.makeDirectory(mountPoint)
  await host.run(['mount', '-o', 'loop', '--', image, mountPoint])
  return {image, mountPoint, close: async () => {
    await host.run(['umount', '-d', '--', mountPoint])
    await rm(folder, {recursive: true, force: true})
  }}
}

const reason = missing()
if (reason !== undefined) {
  describe('a storage of type btrfs', () => {
    it.skip(`is not tried: ${reason}`, () => undefined)
  })
} else {
  // One file system for all; each test has a folder of its own in it.
  const made: Promise<FileSystem>[] = []
  let folders = 0
  afterAll(async () => { await (await made[0])?.close() })
  const inFolder = async (options: Readonly<Record<string, unknown>> = {}): Promise<StorageUnderTest> => {
    const {image, mountPoint} = await (made[0] ??= fileSystem())
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
