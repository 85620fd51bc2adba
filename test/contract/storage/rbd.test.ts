// A real Ceph cluster in user space, spoken to by its monitor and a keyring as an external one is. Each test has a namespace of its own.
import {mkdtemp, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {systemClock} from '../../../src/lib/base/index.ts'
import type {Host} from '../../../src/lib/host/index.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import {plugin} from '../../../src/lib/storage/rbd/plugin.ts'
import {expectAsRecorded} from '../../support/recordings/recording.ts'
import {cephPoolScene} from '../../support/recordings/scenes.ts'
import type {CephCluster} from '../../support/ceph-cluster.ts'
import {missingForCeph, pool, startCeph} from '../../support/ceph-cluster.ts'
import type {StorageUnderTest} from './storage-contract.ts'
import {storageContract} from './storage-contract.ts'

const reason = missingForCeph()
const started: Promise<CephCluster>[] = []
let namespaces = 0

const cluster = (): Promise<CephCluster> => started[0] ??= startCeph()

/** One process for all: each run of rbd reads the cluster's maps anew. The first is there already. */
const manyImages = `
import sys, rados, rbd
monitors, keyring, pool, namespace = sys.argv[1:]
with rados.Rados(rados_id='admin', conf={'mon_host': monitors, 'keyring': keyring}) as cluster, cluster.open_ioctx(pool) as pool:
    pool.set_namespace(namespace)
    for number in range(199):
        rbd.RBD().create(pool, f'vm-{100 + number}-disk-0', 2**20)
`

interface PoolUnderTest extends StorageUnderTest { readonly cluster: CephCluster; readonly ran: string[][]; readonly secretPath: string }

async function inNamespace(): Promise<PoolUnderTest> {
  const ceph = await cluster()
  const namespace = `n${++namespaces}`
  await ceph.run(['rbd', 'namespace', 'create', '--pool', pool, '--namespace', namespace])
  const folder = await mkdtemp(join(tmpdir(), 'corral-rbd-'))
  const local = localHost('h1')
  const ran: string[][] = []
  const host: Host = {...local, run: (argv, options) => {
    ran.push([...argv])
    return local.run(argv, options)
  }}
  const secret = {text: plugin.secret?.fileText(ceph.keyring) ?? '', path: join(folder, 'priv/ceph/pool.keyring')}
  return {
    plugin: {...plugin, open: (config, on, clock) => plugin.open(config, on, clock, secret)}, host, ran, cluster: ceph, secretPath: secret.path,
    config: {type: 'rbd', storage: 'pool', monhost: ceph.monitors, pool, namespace, content: 'images'},
    outage: {begin: async () => ceph.pause(), end: () => ceph.resume()},
    close: () => rm(folder, {recursive: true, force: true}),
  }
}

if (reason !== undefined) {
  describe('a storage of type rbd', () => {
    it.skip(`is not tried: ${reason}`, () => undefined)
  })
} else {
  beforeAll(async () => { await cluster() }, 240_000)
  afterAll(async () => { await (await started[0])?.close() }, 30_000)

  describe('a Ceph pool', () => {
    it('is asked once for all its volumes, by programs that are told no key', async () => {
      const made = await inNamespace()
      const storage = made.plugin.open(made.config, made.host, systemClock)
      const {id: {storage: name}} = await storage.create({vmid: 99, format: 'raw', sizeBytes: 1024 ** 2})
      await made.host.run(['/usr/bin/python3', '-c', manyImages, made.cluster.monitors, made.secretPath, pool, String(made.config['namespace'])])
      made.ran.length = 0
      expect(await storage.list(['images'])).toHaveLength(200)
      expect(made.ran).toHaveLength(1)
      expect(await storage.usage()).toMatchObject({isActive: true})
      expect(made.ran).toHaveLength(2)
      expect(await storage.nextName(100, 'raw', [])).toEqual({storage: name, name: 'vm-100-disk-1'})
      expect(made.ran).toHaveLength(3)
      const key = /key = (\S+)/.exec(made.cluster.keyring)?.[1] ?? ''
      expect(key.length).toBeGreaterThan(20)
      const {id} = await storage.create({vmid: 200, format: 'raw', sizeBytes: 1024 ** 2})
      for (const text of [...made.ran.flat(), storage.path(id), JSON.stringify(storage.blockSource(id))]) expect(text).not.toContain(key)
      expect((await stat(made.secretPath)).mode & 0o777).toBe(0o600)
      await made.close()
    }, 60_000)

    it('answers as it was recorded', async () => {
      const made = await inNamespace()
      await made.host.files.makeDirectory(dirname(made.secretPath), 0o700)
      await made.host.files.write(made.secretPath, plugin.secret?.fileText(made.cluster.keyring) ?? '', {mode: 0o600})
      const names = {monitors: made.cluster.monitors, pool, namespace: String(made.config['namespace']), keyring: made.secretPath}
      await expectAsRecorded('rbd', cephPoolScene, {host: localHost('h1'), names, versions: [['rbd', '--version']]})
      await made.close()
    }, 120_000)

    it('says what is missing: the pool, the namespace', async () => {
      const made = await inNamespace()
      const open = (options: Readonly<Record<string, unknown>>) => made.plugin.open({...made.config, ...options}, made.host, systemClock)
      await expect(open({pool: 'nowhere'}).activate()).rejects.toMatchObject({kind: 'unavailable', message: expect.stringContaining("has no pool 'nowhere'") as string})
      await expect(open({namespace: 'nowhere'}).activate()).rejects.toMatchObject({kind: 'unavailable', message: expect.stringContaining("has no namespace 'nowhere'") as string})
      expect(await open({pool: 'nowhere'}).usage()).toMatchObject({isActive: false, reason: expect.stringContaining('nowhere') as string})
      await made.close()
    }, 60_000)

    it('keeps an image that somebody has open', async () => {
      const made = await inNamespace()
      const storage = made.plugin.open(made.config, made.host, systemClock)
      const {id} = await storage.create({vmid: 100, format: 'raw', sizeBytes: 1024 ** 2})
      await storage.snapshots?.create(id, 'before')
      const name = await storage.attach(id)
      const stop = new AbortController()
      const holding = made.host.run(['qemu-io', '-f', 'raw', '-c', 'write 0 4k', '-c', 'sleep 60000', '--', name], {signal: stop.signal}).catch(() => undefined)
      await until(async () => storage.checkRemovable(id).then(() => false, () => true))
      await expect(storage.remove(id)).rejects.toMatchObject({kind: 'conflict'})
      await expect(storage.snapshots?.rollback(id, 'before')).rejects.toMatchObject({kind: 'conflict'})
      stop.abort()
      await holding
      expect(await storage.exists(id)).toBe(true)
      await made.close()
    }, 60_000)

    it('is opened by QEMU as -blockdev says', async () => {
      const made = await inNamespace()
      const storage = made.plugin.open(made.config, made.host, systemClock)
      const {id} = await storage.create({vmid: 100, format: 'raw', sizeBytes: 1024 ** 2})
      await made.host.run(['qemu-io', '-f', 'raw', '-c', 'write -P 0x77 0 4k', '--', await storage.attach(id)])
      const {protocol} = storage.blockSource(id)
      const {stdout} = await made.host.run(['qemu-io', '-r', '-c', 'read -P 0x77 0 4k', '--', `json:${JSON.stringify({driver: 'raw', file: protocol})}`])
      expect(stdout).toContain('read 4096/4096')
      expect(stdout).not.toContain('verification failed')
      await made.close()
    }, 60_000)
  })

  storageContract('rbd', inNamespace)
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('it did not come to that')
}
