// Storages of five types on a lab host: machines are made, started, snapshotted and cloned on each, and a disk goes over every pair of them. What it holds is
// compared after each step. Commands run as in test/lab/support/commands.ts.
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import type {Host} from '../../src/lib/host/index.ts'
import {openVolume} from '../../src/lib/storage/index.ts'
import type {CephCluster} from '../support/ceph-cluster.ts'
import {pool, startCeph} from '../support/ceph-cluster.ts'
import type {Commands} from './support/commands.ts'
import {commandsForLab} from './support/commands.ts'
import {forwardPorts} from './support/forward-ceph.ts'
import {sharedHost, spareDisk} from './support/shared-host.ts'

const storages = ['folder', 'thin', 'tank', 'ceph', 'butter'] as const
type Name = (typeof storages)[number]

/** The way over every pair, each once: five storages give twenty. */
function wayOverPairs(): Name[] {
  const left = new Set(storages.flatMap((from) => storages.filter((to) => to !== from).map((to) => `${from} ${to}`)))
  // Hierholzer's algorithm: a complete directed graph has a circuit over all of its edges.
  const [stack, way]: [Name[], Name[]] = [[storages[0]], []]
  while (stack.length > 0) {
    const here = stack.at(-1) ?? storages[0]
    const next = storages.find((to) => left.delete(`${here} ${to}`))
    if (next !== undefined) stack.push(next)
    else way.unshift(stack.pop() ?? here)
  }
  return way
}

const closers: (() => Promise<unknown>)[] = []
let host: Host
let commands: Commands
let cluster: CephCluster

const qm = (command: string, params: Readonly<Record<string, unknown>>): Promise<unknown> => commands.run(`qm ${command}`, params)

beforeAll(async () => {
  host = await sharedHost()
  const [thin, zfs, butter] = await Promise.all([spareDisk(host, 6), spareDisk(host, 7), spareDisk(host, 8)])
  await host.run(['vgcreate', '-q', '--yes', '--', 'pairs', thin])
  closers.push(async () => {
    await host.run(['vgremove', '-q', '--yes', '--force', '--', 'pairs'])
    await host.run(['pvremove', '-q', '--', thin])
  })
  await host.run(['lvcreate', '-q', '--type', 'thin-pool', '-L', '1g', '-n', 'pool', '--', 'pairs'])
  await host.run(['modprobe', 'zfs'], {timeoutMs: 300_000})
  await host.run(['zpool', 'create', '-f', 'pairs', zfs])
  closers.push(async () => {
    await host.run(['zpool', 'destroy', '-f', 'pairs'])
    await host.run(['wipefs', '-q', '-a', '--', zfs])
  })
  await host.run(['mkfs.btrfs', '-q', '-f', '--', butter])
  await host.files.makeDirectory('/srv/butter')
  await host.run(['mount', '--', butter, '/srv/butter'])
  closers.push(async () => {
    await host.run(['umount', '--', '/srv/butter'])
    await host.run(['wipefs', '-q', '-a', '--', butter])
  })
  cluster = await startCeph()
  closers.push(() => cluster.close())
  closers.push(await forwardPorts(host, await cluster.ports()))
  commands = await commandsForLab()
  closers.push(() => commands.close())
  const add = (type: string, storage: string, options: Readonly<Record<string, unknown>>) => commands.run('pvesm add', {type, storage, content: 'images', ...options})
  await add('dir', 'folder', {path: '/srv/folder'})
  await add('lvmthin', 'thin', {vgname: 'pairs', thinpool: 'pool'})
  await add('zfspool', 'tank', {pool: 'pairs', sparse: 1})
  await add('rbd', 'ceph', {monhost: cluster.kernelMonitors, pool, keyring: cluster.keyring})
  await add('btrfs', 'butter', {path: '/srv/butter'})
})

afterAll(async () => { for (const close of closers.splice(0).reverse()) await close() })

/** Of the disk as QEMU reads it. */
async function checksum(volume: string): Promise<string> {
  const {storage, id} = await openVolume(volume, commands.context)
  await storage.attach(id)
  const {format, path, options} = storage.imageName(id)
  const source = options === undefined ? ['-f', format, path] : ['--image-opts', Object.entries(options).map(([key, value]) => `${key}=${value.replaceAll(',', ',,')}`).join(',')]
  const {stdout} = await host.run(['sh', '-c', 'qemu-img convert -O raw "$@" /run/corral-lab/copy && sha256sum </run/corral-lab/copy; rm -f /run/corral-lab/copy', 'sh', ...source])
  await storage.detach(id)
  expect(stdout).toMatch(/^[0-9a-f]{64} /)
  return stdout.trim()
}

async function diskOf(vmid: number): Promise<string> {
  const {scsi0} = await qm('config', {vmid}) as {scsi0?: string}
  return scsi0?.split(',')[0] ?? ''
}

describe('a disk', () => {
  let first = ''

  it('is made with content that is told again', async () => {
    await qm('create', {vmid: 100, name: 'traveller', memory: '64', kvm: 0, scsihw: 'virtio-scsi-pci', scsi0: 'folder:0.015625,format=raw'})
    const disk = await diskOf(100)
    expect(disk).toMatch(/^folder:/)
    const {storage, id} = await openVolume(disk, commands.context)
    await host.run(['dd', 'if=/dev/urandom', `of=${storage.path(id)}`, 'bs=1M', 'seek=3', 'count=9', 'conv=notrunc', 'status=none'])
    first = await checksum(disk)
  })

  const way = wayOverPairs()
  it('goes over all pairs', () => { expect(new Set(way.slice(1).map((to, index) => `${way[index]} ${to}`)).size).toBe(20) })

  for (const [index, to] of way.slice(1).entries()) {
    it(`is the same after its move from ${way[index] ?? ''} to ${to}`, async () => {
      await qm('disk move', {vmid: 100, disk: 'scsi0', storage: to, delete: 1})
      const disk = await diskOf(100)
      expect(disk).toMatch(new RegExp(`^${to}:`))
      expect(await checksum(disk)).toBe(first)
    })
  }

  for (const [index, storage] of storages.entries()) {
    const next = storages[(index + 1) % storages.length] ?? storages[0]
    it(`has snapshots on ${storage}, runs there, and is cloned from there to ${next}`, async () => {
      const vmid = 200 + index
      await qm('clone', {vmid: 100, newid: vmid, full: 1, storage, ...storage === 'folder' ? {format: 'qcow2'} : {}})
      expect(await checksum(await diskOf(vmid))).toBe(first)
      await qm('snapshot', {vmid, snapname: 'before'})
      // Its processors stand still: firmware would be all that runs.
      await qm('set', {vmid, freeze: 1})
      await qm('start', {vmid})
      expect(await qm('status', {vmid})).toMatchObject({status: 'prelaunch'})
      await qm('stop', {vmid})
      await qm('rollback', {vmid, snapname: 'before'})
      await qm('clone', {vmid, newid: vmid + 100, full: 1, storage: next})
      expect(await checksum(await diskOf(vmid + 100))).toBe(first)
      await qm('destroy', {vmid: vmid + 100})
      await qm('delsnapshot', {vmid, snapname: 'before'})
      await qm('destroy', {vmid})
    })
  }

  it('leaves nothing', async () => {
    await qm('destroy', {vmid: 100})
    for (const storage of storages) expect(await commands.run('pvesm list', {storage})).toEqual([])
  })
})
