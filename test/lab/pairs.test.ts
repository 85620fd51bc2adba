// A host as a user makes it one (`corral host add`), with storages of five types: machines are made, started, snapshotted and cloned on each, and a disk goes
// over every pair of them. What it holds is compared after each step.
import {afterAll, beforeAll, describe, expect, inject, it} from 'vitest'
import type {Host} from '../../src/lib/host/index.ts'
import type {CephCluster} from '../support/ceph-cluster.ts'
import {pool, startCeph} from '../support/ceph-cluster.ts'
import {Desk} from '../e2e/support/desk.ts'
import {forwardPorts} from './support/forward-ceph.ts'
import {sharedHost} from './support/shared-host.ts'

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
let desk: Desk
let cluster: CephCluster
const {home, name} = inject('lab')

const corral = (...words: string[]): Promise<string> => desk.must(words)
const qm = (...words: string[]): Promise<string> => corral('qm', ...words, '--on', name)
const pvesm = (...words: string[]): Promise<string> => corral('pvesm', ...words, '--on', name)

beforeAll(async () => {
  host = await sharedHost()
  const [thin, zfs, butter] = ['disk1', 'disk3', 'disk4'].map((each) => `/dev/disk/by-id/virtio-${each}`) as [string, string, string]
  await host.run(['vgcreate', '-q', '--yes', '--', 'pairs', thin])
  closers.push(async () => {
    await host.run(['vgremove', '-q', '--yes', '--force', '--', 'pairs'])
    await host.run(['pvremove', '-q', '--', thin])
  })
  await host.run(['lvcreate', '-q', '--type', 'thin-pool', '-L', '1g', '-n', 'pool', '--', 'pairs'])
  await host.run(['modprobe', 'zfs'], {timeoutMs: 300_000})
  await host.run(['zpool', 'create', '-f', 'pairs', zfs])
  closers.push(() => host.run(['zpool', 'destroy', '-f', 'pairs']))
  await host.run(['mkfs.btrfs', '-q', '-f', '--', butter])
  await host.files.makeDirectory('/srv/butter')
  await host.run(['mount', '--', butter, '/srv/butter'])
  closers.push(() => host.run(['umount', '--', '/srv/butter']))
  cluster = await startCeph()
  closers.push(() => cluster.close())
  closers.push(await forwardPorts(host, await cluster.ports()))
  await host.files.write('/run/corral-lab/ceph.keyring', cluster.keyring)
  desk = new Desk({home})
  closers.push(() => desk.close())
  await corral('host', 'add', name, '--context', 'lab')
  closers.push(() => corral('host', 'remove', name, '--context', 'lab'))
  await pvesm('add', 'dir', 'folder', '--path', '/srv/folder', '--content', 'images')
  await pvesm('add', 'lvmthin', 'thin', '--vgname', 'pairs', '--thinpool', 'pool', '--content', 'images')
  await pvesm('add', 'zfspool', 'tank', '--pool', 'pairs', '--content', 'images', '--sparse', '1')
  await pvesm('add', 'rbd', 'ceph', '--monhost', cluster.kernelMonitors, '--pool', pool, '--keyring', '/run/corral-lab/ceph.keyring', '--content', 'images')
  await pvesm('add', 'btrfs', 'butter', '--path', '/srv/butter', '--content', 'images')
}, 900_000)

afterAll(async () => { for (const close of closers.splice(0).reverse()) await close() }, 300_000)

/** Of the disk as QEMU reads it. */
async function checksum(volume: string): Promise<string> {
  const path = (await pvesm('path', volume)).trim()
  const isDevice = path.startsWith('/dev/')
  if (isDevice && path.startsWith('/dev/pairs/')) await host.run(['lvchange', '-ay', '-K', '--', path.slice('/dev/'.length)])
  const {stdout} = await host.run(['sh', '-c', 'qemu-img convert -O raw "$1" /run/corral-lab/copy && sha256sum </run/corral-lab/copy; rm -f /run/corral-lab/copy', 'sh', path])
  expect(stdout).toMatch(/^[0-9a-f]{64} /)
  return stdout.trim()
}

async function diskOf(vmid: number): Promise<string> {
  const line = (await qm('config', String(vmid))).split('\n').find((each) => each.startsWith('scsi0: '))
  return /^scsi0: ([^,]+)/.exec(line ?? '')?.[1] ?? ''
}

describe('a disk', () => {
  let first = ''

  it('is made with content that is told again', async () => {
    await qm('create', '100', '--name', 'traveller', '--memory', '64', '--kvm', '0', '--scsihw', 'virtio-scsi-pci', '--scsi0', 'folder:0.03125,format=raw')
    const disk = await diskOf(100)
    expect(disk).toMatch(/^folder:/)
    const path = (await pvesm('path', disk)).trim()
    await host.run(['dd', 'if=/dev/urandom', `of=${path}`, 'bs=1M', 'seek=3', 'count=9', 'conv=notrunc', 'status=none'])
    first = await checksum(disk)
  })

  const way = wayOverPairs()
  it('goes over all pairs', () => { expect(new Set(way.slice(1).map((to, index) => `${way[index]} ${to}`)).size).toBe(20) })

  for (const [index, to] of way.slice(1).entries()) {
    it(`is the same after its move from ${way[index] ?? ''} to ${to}`, async () => {
      await qm('disk', 'move', '100', 'scsi0', to, '--delete', '1')
      const disk = await diskOf(100)
      expect(disk).toMatch(new RegExp(`^${to}:`))
      expect(await checksum(disk)).toBe(first)
    })
  }

  for (const [index, storage] of storages.entries()) {
    const next = storages[(index + 1) % storages.length] ?? storages[0]
    it(`has snapshots on ${storage}, runs there, and is cloned from there to ${next}`, async () => {
      const vmid = 200 + index
      await qm('clone', '100', String(vmid), '--full', '1', '--storage', storage, ...storage === 'folder' ? ['--format', 'qcow2'] : [])
      expect(await checksum(await diskOf(vmid))).toBe(first)
      await qm('snapshot', String(vmid), 'before')
      await qm('set', String(vmid), '--freeze', '1')
      await qm('start', String(vmid))
      expect(await qm('status', String(vmid))).toContain('running')
      await qm('stop', String(vmid))
      await qm('rollback', String(vmid), 'before')
      expect(await checksum(await diskOf(vmid))).toBe(first)
      await qm('clone', String(vmid), String(vmid + 100), '--full', '1', '--storage', next)
      expect(await checksum(await diskOf(vmid + 100))).toBe(first)
      await qm('destroy', String(vmid + 100))
      await qm('delsnapshot', String(vmid), 'before')
      await qm('destroy', String(vmid))
    })
  }

  it('leaves nothing', async () => {
    await qm('destroy', '100')
    for (const storage of storages) expect((await pvesm('list', storage)).trim().split('\n')).toHaveLength(1)
    expect(await corral('doctor', '--on', name)).not.toMatch(/left/i)
  })
})
