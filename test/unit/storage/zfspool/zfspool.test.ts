// Volumes in a ZFS pool, on a host that only answers: names, command lines, reports, and what is made of zfs's complaints.
import {describe, expect, it} from 'vitest'
import {systemClock} from '../../../../src/lib/base/index.ts'
import type {Answer} from '../../../../src/lib/host/fake/fake-host.ts'
import {fakeHost} from '../../../../src/lib/host/fake/index.ts'
import {plugin} from '../../../../src/lib/storage/zfspool/plugin.ts'
import {parseSnapshots, parseSpace, parseVolumes} from '../../../../src/lib/storage/zfspool/report.ts'

const mebibyte = 1024 ** 2
const section = {type: 'zfspool', storage: 'tank', pool: 'rpool/data', sparse: true, content: 'images,rootdir'}
const id = {storage: 'tank', name: 'vm-100-disk-0'}
const listed = ['zfs', 'list', '-Hp', '-t', 'volume,filesystem', '-o', 'name,type,volsize,refquota,used,origin,creation']
const line = (name: string, origin = '-') => `rpool/data/${name}\tvolume\t${8 * mebibyte}\t-\t4096\t${origin}\t1700000000\n`
const all = (...lines: string[]): Answer => ({argv: [...listed, '-d', '1', 'rpool/data'], stdout: ['rpool/data\tfilesystem\t-\t0\t98304\t-\t1690000000\n', ...lines].join('')})
const one = (name: string, origin?: string): Answer => ({argv: [...listed, `rpool/data/${name}`], stdout: line(name, origin)})
const none = (name: string): Answer => ({argv: [...listed, `rpool/data/${name}`], stderr: `cannot open 'rpool/data/${name}': dataset does not exist`, exitCode: 1})
const snapshots = (name: string, ...names: string[]): Answer => ({
  argv: ['zfs', 'list', '-Hp', '-t', 'snapshot', '-s', 'createtxg', '-d', '1', '-o', 'name,creation', `rpool/data/${name}`], stdout: names.map((each, index) => `rpool/data/${name}@${each}\t${1700000000 + index}\n`).join(''),
})
const world = (answers: readonly Answer[], options: Readonly<Record<string, unknown>> = {}, files: Readonly<Record<string, string>> = {}) => {
  const host = fakeHost({answers, files})
  return {host, storage: plugin.open({...section, ...options}, host, systemClock)}
}

describe('a ZFS pool', () => {
  it('shows all disks of guests by one call, clones under their bases', async () => {
    const {host, storage} = world([all(
      line('vm-100-disk-0'), line('base-900-disk-0'), line('vm-200-disk-0', 'rpool/data/base-900-disk-0@__base__'), line('swap'), line('vm-300-disk-0/deeper'),
      'rpool/data/subvol-101-disk-0\tfilesystem\t-\t1073741824\t4096\t-\t1700000000\n',
    )])
    expect((await storage.list(['images'])).map(({id: {name}, format, sizeBytes, parent}) => [name, format, sizeBytes, parent])).toEqual([
      ['vm-100-disk-0', 'raw', 8 * mebibyte, undefined], ['base-900-disk-0', 'raw', 8 * mebibyte, undefined],
      ['base-900-disk-0/vm-200-disk-0', 'raw', 8 * mebibyte, 'base-900-disk-0'], ['subvol-101-disk-0', 'subvol', 1024 ** 3, undefined],
    ])
    host.assertAllUsed()
  })

  it('makes a disk, and does not touch one of that name', async () => {
    const create = ['zfs', 'create', '-s', '-b', '16k', '-V', String(8 * mebibyte), 'rpool/data/vm-100-disk-0']
    const {host, storage} = world([all(), {argv: create}, one('vm-100-disk-0')], {blocksize: '16k'})
    expect(await storage.create({vmid: 100, format: 'raw', sizeBytes: 7.5 * mebibyte})).toMatchObject({id, sizeBytes: 8 * mebibyte, vmid: 100})
    host.assertAllUsed()
    const taken = world([{argv: create.filter((word) => word !== '-b' && word !== '16k'), stderr: "cannot create 'rpool/data/vm-100-disk-0': dataset already exists", exitCode: 1}])
    await expect(taken.storage.create({vmid: 100, format: 'raw', sizeBytes: 8 * mebibyte, base: 'vm-100-disk-0'})).rejects.toMatchObject({kind: 'conflict'})
    const full = world([{argv: ['zfs', 'create', '…'], stderr: "cannot create 'rpool/data/vm-100-disk-0': out of space", exitCode: 1}])
    await expect(full.storage.create({vmid: 100, format: 'raw', sizeBytes: 8 * mebibyte, base: 'vm-100-disk-0'})).rejects.toMatchObject({kind: 'unavailable', message: "storage 'tank' has not enough space"})
  })

  it('makes folders of containers as file systems with a quota', () => {
    const {storage} = world([])
    const folder = {storage: 'tank', name: 'subvol-101-disk-0'}
    expect(storage.commands({create: {id: folder, want: {vmid: 101, format: 'subvol', sizeBytes: 4096}}})).toEqual([
      ['zfs', 'create', '-o', 'acltype=posixacl', '-o', 'xattr=sa', '-o', 'refquota=4096', 'rpool/data/subvol-101-disk-0'],
    ])
    expect(storage.path(folder)).toBe('/rpool/data/subvol-101-disk-0')
    expect(() => storage.blockSource(folder)).toThrow(/container's folder/)
    expect(storage.blockSource(id)).toEqual({protocol: {driver: 'host_device', filename: '/dev/zvol/rpool/data/vm-100-disk-0'}, format: 'raw'})
    expect(storage.imageName(id, 'before').path).toBe('/dev/zvol/rpool/data/vm-100-disk-0@before')
  })

  it('removes a disk with its snapshots, never one with clones, and does not mind when it is gone', async () => {
    const gone = world([all(), {argv: ['zfs', 'destroy', '-r', 'rpool/data/vm-100-disk-0'], stderr: "cannot open 'rpool/data/vm-100-disk-0': dataset does not exist", exitCode: 1}])
    await gone.storage.remove(id)
    gone.host.assertAllUsed()
    const cloned = world([all(line('base-900-disk-0'), line('vm-200-disk-0', 'rpool/data/base-900-disk-0@__base__'))])
    await expect(cloned.storage.remove({storage: 'tank', name: 'base-900-disk-0'})).rejects.toMatchObject({kind: 'conflict', message: expect.stringContaining('tank:vm-200-disk-0') as string})
  })

  it('waits some seconds for whoever still has the device open', async () => {
    const destroy = ['zfs', 'destroy', '-r', 'rpool/data/vm-100-disk-0']
    const busy = {argv: destroy, stderr: "cannot destroy 'rpool/data/vm-100-disk-0': dataset is busy", exitCode: 1}
    const removal = async (answers: readonly Answer[]) => {
      let waitedMs = 0
      const host = fakeHost({answers: [all(), ...answers]})
      const storage = plugin.open(section, host, {...systemClock, sleep: async (durationMs) => { waitedMs += durationMs }})
      const error = await storage.remove(id).then(() => undefined, (reason: unknown) => reason)
      host.assertAllUsed()
      return {waitedMs, error}
    }
    expect(await removal([{...busy, times: 3}, {argv: destroy}])).toEqual({waitedMs: 700, error: undefined})
    expect(await removal([{...busy, times: 7}])).toMatchObject({waitedMs: 5100, error: {kind: 'conflict'}})
    const cloned = {...busy, stderr: "cannot destroy 'rpool/data/vm-100-disk-0': volume has dependent clones"}
    expect(await removal([cloned])).toMatchObject({waitedMs: 0, error: {kind: 'conflict'}})
  })

  it('goes back to its newest snapshot only', async () => {
    const rollback = ['zfs', 'rollback', 'rpool/data/vm-100-disk-0@second']
    const {host, storage} = world([{...snapshots('vm-100-disk-0', 'first', 'second'), times: 3}, {argv: rollback}])
    await storage.snapshots?.rollback(id, 'second')
    await expect(storage.snapshots?.rollback(id, 'first')).rejects.toMatchObject({kind: 'conflict', message: expect.stringContaining('second') as string})
    await expect(storage.snapshots?.rollback(id, 'third')).rejects.toMatchObject({kind: 'not-found'})
    host.assertAllUsed()
    const asked = world([{...snapshots('vm-100-disk-0', 'first', 'second'), times: 2}])
    await asked.storage.snapshots?.checkRollback?.(id, 'second')
    await expect(asked.storage.snapshots?.checkRollback?.(id, 'first')).rejects.toMatchObject({kind: 'conflict', message: expect.stringContaining('ZFS would lose second') as string})
    asked.host.assertAllUsed()
  })

  it('makes a base in steps that may be repeated, and clones of it', async () => {
    const base = {storage: 'tank', name: 'base-100-disk-0'}
    const {host, storage} = world([
      one('vm-100-disk-0'), none('base-100-disk-0'), {argv: ['zfs', 'rename', 'rpool/data/vm-100-disk-0', 'rpool/data/base-100-disk-0']}, snapshots('base-100-disk-0'),
      {argv: ['zfs', 'snapshot', 'rpool/data/base-100-disk-0@__base__']},
      none('vm-100-disk-0'), one('base-100-disk-0'), snapshots('base-100-disk-0', '__base__'),
      {argv: ['zfs', 'clone', 'rpool/data/base-100-disk-0@__base__', 'rpool/data/vm-200-disk-0']}, one('vm-200-disk-0', 'rpool/data/base-100-disk-0@__base__'),
    ])
    expect(await storage.templates?.makeBase(id)).toEqual(base)
    expect(await storage.templates?.makeBase(id)).toEqual(base)
    const clone = {storage: 'tank', name: 'base-100-disk-0/vm-200-disk-0'}
    expect(await storage.templates?.clone(base, clone)).toMatchObject({id: clone, parent: 'base-100-disk-0'})
    host.assertAllUsed()
  })

  it('waits for the device of a disk, and shows that of a snapshot while it is read', async () => {
    const {host, storage} = world([
      {...one('vm-100-disk-0'), times: 2}, {argv: ['zfs', 'set', 'snapdev=visible', 'rpool/data/vm-100-disk-0']}, {argv: ['zfs', 'set', 'snapdev=hidden', 'rpool/data/vm-100-disk-0']},
    ], {}, {'/dev/zvol/rpool/data/vm-100-disk-0@before': ''})
    expect(await storage.attach(id, 'before')).toBe('/dev/zvol/rpool/data/vm-100-disk-0@before')
    await storage.detach(id, 'before')
    host.assertAllUsed()
  })

  it('is brought in when it is not there, and says so when it cannot be', async () => {
    const space = {argv: ['zfs', 'get', '-Hp', '-o', 'property,value', 'available,used', 'rpool/data']}
    const missing = {stderr: "cannot open 'rpool/data': dataset does not exist", exitCode: 1}
    const bring = ['zpool', 'import', '-d', '/dev/disk/by-id/', '-o', 'cachefile=none', 'rpool']
    const {host, storage} = world([{...space, ...missing}, {argv: bring}, {...space, stdout: 'available\t100\nused\t50\n', times: 2}])
    await storage.activate()
    expect(await storage.usage()).toEqual({availableBytes: 100, usedBytes: 50, totalBytes: 150, isActive: true})
    host.assertAllUsed()
    const away = world([{...space, ...missing, times: 2}, {argv: bring, stderr: "cannot import 'rpool': no such pool available", exitCode: 1}])
    await expect(away.storage.activate()).rejects.toMatchObject({kind: 'unavailable', message: "storage 'tank' is not there: the host has no ZFS pool or dataset 'rpool/data'"})
    expect(await away.storage.usage()).toMatchObject({isActive: false})
  })

  it.each([[{pool: '-x'}, 'pool'], [{pool: 'a/../b'}, 'pool'], [{pool: 'a@b'}, 'pool'], [{blocksize: '-1'}, 'blocksize'], [{mountpoint: 'x'}, 'mountpoint']])('refuses %j', (options, field) => {
    expect(() => world([], options)).toThrow(expect.objectContaining({kind: 'invalid-input', fields: expect.objectContaining({[field]: expect.any(String) as string}) as object}) as Error)
  })
})

it('what is no report of zfs is not believed', () => {
  const call = {host: 'h1', argv: ['zfs']}
  for (const read of [() => parseVolumes('a\tb', 'a', call), () => parseVolumes('p/vm-1-disk-0\tvolume\tx\t-\t0\t-\t0', 'p', call), () => parseSnapshots('a\t1', call), () => parseSpace('used\t1', call)]) {
    expect(read).toThrow(expect.objectContaining({kind: 'tool'}) as Error)
  }
})
