// A storage that is mounted. This machine's kernel may have no NFS, so a file system in memory is mounted under the name of the export; the
// rest is as it would be: mount(8), the kernel's own table of mounts, files, qemu-img.
import {spawnSync} from 'node:child_process'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, it, vi} from 'vitest'
import {systemClock} from '../../../src/lib/base/index.ts'
import type {Host} from '../../../src/lib/host/index.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import {mountAt} from '../../../src/lib/storage/dir/mounts.ts'
import {plugin} from '../../../src/lib/storage/nfs/plugin.ts'
import type {StorageUnderTest} from './storage-contract.ts'
import {storageContract} from './storage-contract.ts'

function missing(): string | undefined {
  if (process.getuid?.() !== 0) return 'mounting needs root'
  const probe = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'probe', '/mnt'], {encoding: 'utf8'})
  return probe.status === 0 ? undefined : `nothing can be mounted here: ${probe.stderr.trim()}`
}

interface MountedUnderTest extends StorageUnderTest { readonly path: string; readonly mounts: string[][] }

async function exported(): Promise<MountedUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'corral-nfs-'))
  const [path, server] = [join(folder, 'mnt'), join(folder, 'server')]
  let isAway = false
  const local = localHost('h1')
  const mounts: string[][] = []
  const host: Host = {...local, run: (argv, options) => {
    if (argv[0] !== 'mount' || argv[2] !== 'nfs') return local.run(argv, options)
    mounts.push([...argv])
    const [, target = ''] = argv.slice(argv.indexOf('--') + 1)
    // A directory that the server has lost: mount(8) fails as it does for an export that is not there.
    return local.run(['mount', '--bind', '--', isAway ? join(folder, 'lost') : server, target], options)
  }}
  await host.files.makeDirectory(server)
  await local.run(['mount', '-t', 'tmpfs', '-o', 'size=256m', '--', '192.0.2.1:/srv/vm', server])
  return {
    plugin, host, path, mounts, config: {type: 'nfs', storage: 'nas', server: '192.0.2.1', export: '/srv/vm', path, content: 'images,iso', options: 'vers=4.2'},
    outage: {
      begin: async () => {
        isAway = true
        await local.run(['umount', '--', path])
      },
      end: async () => { isAway = false },
    },
    close: async () => {
      for (const point of [path, server]) await local.run(['umount', '-q', '--', point], {okExitCodes: [0, 1, 32]})
      await rm(folder, {recursive: true, force: true})
    },
  }
}

const reason = missing()
if (reason !== undefined) {
  describe('a storage of type nfs', () => {
    it.skip(`is not tried: ${reason}`, () => undefined)
  })
} else {
  storageContract('nfs', exported)

  describe('a storage that is mounted', () => {
    it('is mounted at its first use, once, and again when somebody took it away', async () => {
      const made = await exported()
      try {
        const storage = plugin.open(made.config, made.host, systemClock)
        expect(await storage.list(['images'])).toEqual([])
        await storage.activate()
        expect(made.mounts).toEqual([['mount', '-t', 'nfs', '-o', 'vers=4.2', '--', '192.0.2.1:/srv/vm', made.path]])
        await made.host.run(['umount', '--', made.path])
        const {id} = await storage.create({vmid: 100, format: 'raw', sizeBytes: 1024 ** 2})
        expect(made.mounts).toHaveLength(2)
        expect(await storage.exists(id)).toBe(true)
        // Nothing was written below the mount point.
        await made.host.run(['umount', '--', made.path])
        expect(await made.host.files.list(made.path)).toEqual([])
      } finally {
        await made.close()
      }
    })

    it('is unmounted when what Corral mounted is to go, and only that', async () => {
      const made = await exported()
      const isMounted = async () => mountAt(await made.host.files.readText('/proc/self/mountinfo'), made.path) !== undefined
      try {
        const {mount, ...storage} = plugin.open(made.config, made.host, systemClock, undefined, `${made.path}.run`)
        if (mount === undefined) throw new Error('it has no mount')
        await storage.activate()
        const holder = await made.host.spawnDetached(['sleep', '600'], {cwd: made.path})
        await expect(mount.unmount()).rejects.toMatchObject({kind: 'conflict', message: expect.stringContaining('is in use') as string})
        expect(await isMounted()).toBe(true)
        await made.host.kill(holder, 'SIGKILL')
        await vi.waitUntil(async () => await made.host.process(holder.pid) === undefined, {timeout: 30_000})
        expect(await mount.unmount()).toBe(true)
        expect(await made.host.files.stat(made.path)).toBeUndefined()
        expect(await mount.unmount()).toBe(false)
        // Mounted by us, then by somebody else in its place.
        await storage.activate()
        await made.host.run(['mount', '-t', 'tmpfs', '--', '192.0.2.1:/srv/vm', made.path])
        expect(await mount.unmount()).toBe(false)
        expect(await isMounted()).toBe(true)
        await made.host.run(['umount', '--', made.path])
      } finally {
        await made.close()
      }
    })

    it('keeps away from what somebody else mounted at its place', async () => {
      const made = await exported()
      try {
        await made.host.files.makeDirectory(made.path)
        await made.host.run(['mount', '-t', 'tmpfs', '--', 'other:/x', made.path])
        const storage = plugin.open(made.config, made.host, systemClock)
        await expect(storage.create({vmid: 100, format: 'raw', sizeBytes: 1024 ** 2})).rejects.toMatchObject({kind: 'unavailable'})
        expect(await storage.usage()).toMatchObject({isActive: false, reason: expect.stringContaining('something else is mounted') as string})
        expect(await made.host.files.list(made.path)).toEqual([])
      } finally {
        await made.close()
      }
    })
  })
}
