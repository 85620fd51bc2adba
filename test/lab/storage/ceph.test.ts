// The kernel's clients of Ceph: images as devices (krbd), and a file system that is mounted. The cluster runs on this machine. Images opened by QEMU are
// tried by test/contract/storage/rbd.test.ts, and on a lab host by test/lab/pairs.test.ts.
import {afterAll, beforeAll} from 'vitest'
import {plugin as cephfs} from '../../../src/lib/storage/cephfs/plugin.ts'
import {plugin as rbd} from '../../../src/lib/storage/rbd/plugin.ts'
import type {StoragePlugin} from '../../../src/lib/storage/index.ts'
import {storageContract} from '../../contract/storage/storage-contract.ts'
import type {StorageUnderTest} from '../../contract/storage/storage-contract.ts'
import type {CephCluster} from '../../support/ceph-cluster.ts'
import {pool, startCeph} from '../../support/ceph-cluster.ts'
import {forwardPorts} from '../support/forward-ceph.ts'
import {sharedHost} from '../support/shared-host.ts'

const closers: (() => Promise<void>)[] = []
let cluster: CephCluster
let namespaces = 0

beforeAll(async () => {
  cluster = await startCeph({fileSystem: 'files'})
  closers.push(() => cluster.close())
  closers.push(await forwardPorts(await sharedHost(), await cluster.ports()))
})
afterAll(async () => { for (const close of closers.splice(0).reverse()) await close() })

function withSecret(plugin: StoragePlugin, path: string): StoragePlugin {
  const secret = {text: plugin.secret?.fileText(cluster.keyring) ?? '', path}
  return {...plugin, open: (config, on, clock) => plugin.open(config, on, clock, secret)}
}

async function inNamespace(): Promise<StorageUnderTest> {
  const namespace = `n${++namespaces}`
  await cluster.run(['rbd', 'namespace', 'create', '--pool', pool, '--namespace', namespace])
  const host = await sharedHost()
  return {
    plugin: withSecret(rbd, '/run/corral-lab/pool.keyring'), host, config: {type: 'rbd', storage: 'pool', monhost: cluster.kernelMonitors, pool, namespace, content: 'images', krbd: 1},
    close: async () => {
      const devices = JSON.parse((await host.run(['rbd', 'device', 'list', '--format', 'json'])).stdout) as {device: string}[]
      for (const {device} of devices) await host.run(['rbd', 'device', 'unmap', '--', device])
    },
  }
}

// What the kernel has no part in is tried by test/contract/storage/rbd.test.ts: to run `rbd` takes seconds here.
storageContract('rbd by the kernel (krbd)', inNamespace, ['activate', 'usage', 'allocate', 'list', 'rename', 'delete', 'concurrent', 'out of space', 'gone and back'])

storageContract('cephfs', async () => {
  const [host, path] = [await sharedHost(), '/mnt/pve/files']
  return {
    plugin: withSecret(cephfs, '/run/corral-lab/files.secret'), host,
    config: {type: 'cephfs', storage: 'files', monhost: cluster.kernelMonitors, 'fs-name': 'files', path, content: 'images,iso'},
    close: async () => {
      for (const name of await host.files.list(path)) await host.files.removeTree(`${path}/${name}`)
      await host.run(['umount', '--', path])
    },
  }
})
