// A real GlusterFS volume, mounted by its FUSE client as Corral mounts it, from a server in a network of its own: there alone do the commands differ from a
// host's, that mount runs in that network.
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {systemClock} from '../../../src/lib/base/index.ts'
import type {Host} from '../../../src/lib/host/index.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import {plugin} from '../../../src/lib/storage/glusterfs/plugin.ts'
import type {GlusterServer} from '../../support/gluster-server.ts'
import {missingForGluster, server, startGluster, volume} from '../../support/gluster-server.ts'
import type {StorageUnderTest} from './storage-contract.ts'
import {storageContract} from './storage-contract.ts'

const reason = missingForGluster()
const started: Promise<GlusterServer>[] = []
const running = (): Promise<GlusterServer> => started[0] ??= startGluster()
const local = localHost('h1')

/** One volume for all; each test mounts it, and leaves it empty. */
async function mounted(): Promise<StorageUnderTest & {readonly path: string; readonly gluster: GlusterServer['gluster']}> {
  const {inNetwork, gluster} = await running()
  const folder = await mkdtemp(join(tmpdir(), 'corral-glusterfs-'))
  const path = join(folder, 'mnt')
  const host: Host = {...local, run: (argv, options) => local.run(argv[0] === 'mount' ? [...inNetwork, ...argv] : argv, options)}
  return {
    plugin, host, path, gluster, config: {type: 'glusterfs', storage: 'gluster', server, volume, path, content: 'images,iso'},
    outage: {
      begin: async () => { await gluster('volume', 'stop', volume) },
      // The client looks for the server again every three seconds.
      end: async () => {
        await gluster('volume', 'start', volume)
        await expect.poll(async () => (await local.run(['stat', '--file-system', '--', path], {okExitCodes: [0, 1]})).exitCode, {timeout: 60_000}).toBe(0)
      },
    },
    close: async () => {
      await local.run(['find', path, '-mindepth', '1', '-delete'], {okExitCodes: [0, 1], timeoutMs: 60_000})
      await local.run(['umount', '-q', '--', path], {okExitCodes: [0, 1, 32]})
      await rm(folder, {recursive: true, force: true})
      // The client writes its log under the name of the mount point.
      await rm(`/var/log/glusterfs/${path.slice(1).replaceAll('/', '-')}.log`, {force: true})
    },
  }
}

if (reason !== undefined) {
  describe('a storage of type glusterfs', () => {
    it.skip(`is not tried: ${reason}`, () => undefined)
  })
} else {
  beforeAll(async () => { await running() }, 240_000)
  afterAll(async () => { await (await started[0])?.close() }, 60_000)
  storageContract('glusterfs', mounted)

  describe('a GlusterFS volume', () => {
    it('is refused when the server has none by that name, and leaves no folder', async () => {
      const made = await mounted()
      const storage = plugin.open({...made.config, volume: 'nowhere'}, made.host, systemClock)
      await expect(storage.activate()).rejects.toMatchObject({kind: 'unavailable', message: expect.stringContaining('cannot be mounted from') as string})
      expect(await made.host.files.stat(made.path)).toBeUndefined()
      await made.close()
    })

    it('shows the space of the server, and holds what another mount of it has written', async () => {
      const [first, second] = [await mounted(), await mounted()]
      const open = (made: StorageUnderTest) => plugin.open(made.config, made.host, systemClock)
      const {id} = await open(first).create({vmid: 100, format: 'qcow2', sizeBytes: 1024 ** 2})
      expect(await open(second).volume(id)).toMatchObject({format: 'qcow2', sizeBytes: 1024 ** 2})
      expect((await open(second).usage()).totalBytes).toBe((await open(first).usage()).totalBytes)
      await first.close()
      await second.close()
    })
  })
}
