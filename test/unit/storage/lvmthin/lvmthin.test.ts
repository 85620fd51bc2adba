// Volumes in a thin pool, on a host that only answers: names, command lines, reports, and what is made of lvm2's complaints.
import {describe, expect, it} from 'vitest'
import {systemClock} from '../../../../src/lib/base/index.ts'
import type {Answer} from '../../../../src/lib/host/fake/fake-host.ts'
import {fakeHost} from '../../../../src/lib/host/fake/index.ts'
import {plugin} from '../../../../src/lib/storage/lvmthin/plugin.ts'

const mebibyte = 1024 ** 2
const section = {type: 'lvmthin', storage: 'thin', vgname: 'pve', thinpool: 'data', content: 'images'}
const id = {storage: 'thin', name: 'vm-100-disk-0'}
const list = ['lvs', '--config', 'log/report_command_log=0', '--reportformat', 'json', '--units', 'b', '--nosuffix', '-o', 'lv_name,lv_size,lv_attr,lv_tags,lv_time,pool_lv,origin,data_percent,metadata_percent', '--', 'pve']
const pool = {lv_name: 'data', lv_size: String(1024 * mebibyte), lv_attr: 'twi-aotz--', pool_lv: '', data_percent: '25.00'}
const thin = (name: string, more: Readonly<Record<string, string>> = {}) => ({lv_name: name, lv_size: String(8 * mebibyte), lv_attr: 'Vwi-a-tz--', pool_lv: 'data', lv_time: '2026-01-01 00:00:00 +0000', ...more})
const group = (...rows: object[]): Answer => ({argv: list, stdout: JSON.stringify({report: [{lv: [pool, ...rows]}]})})
const world = (...answers: Answer[]) => {
  const host = fakeHost({answers})
  return {host, storage: plugin.open(section, host, systemClock)}
}
const create = ['lvcreate', '--yes', '-ay', '--virtualsize', '8192k', '--name', 'vm-100-disk-0', '--thinpool', 'pve/data']
const copy = (origin: string, name: string, readOnly: boolean) =>
  ['lvcreate', '--yes', '--snapshot', '--setactivationskip', readOnly ? 'y' : 'n', '--permission', readOnly ? 'r' : 'rw', '--name', name, '--', `pve/${origin}`]
const remove = (name: string) => ['lvremove', '--force', '--', `pve/${name}`]

describe('a thin pool', () => {
  it('shows all disks of guests by one call, and nothing of other pools', async () => {
    const {host, storage} = world(group(thin('vm-100-disk-0'), thin('base-900-disk-0'), thin('snap_vm-100-disk-0_before'), thin('root'), thin('vm-200-disk-0', {pool_lv: 'other'}), thin('vm-300-disk-0', {pool_lv: ''})))
    expect((await storage.list(['images'])).map((volume) => [volume.id.name, volume.isBase])).toEqual([['vm-100-disk-0', false], ['base-900-disk-0', true]])
    host.assertAllUsed()
  })

  it('knows how full it is', async () => {
    expect(await world(group()).storage.usage()).toEqual({totalBytes: 1024 * mebibyte, usedBytes: 256 * mebibyte, availableBytes: 768 * mebibyte, isActive: true})
    const other = plugin.open({...section, thinpool: 'gone'}, fakeHost({answers: [{...group(), times: 2}]}), systemClock)
    await expect(other.activate()).rejects.toMatchObject({kind: 'unavailable', message: "storage 'thin' is not there: the volume group 'pve' has no thin pool 'gone'"})
    expect(await other.usage()).toMatchObject({isActive: false, reason: expect.stringContaining("no thin pool 'gone'") as string})
  })

  it('makes a disk past names that are taken in the whole group, and does not touch one of that name', async () => {
    const {host, storage} = world(group(thin('vm-100-disk-0', {pool_lv: 'other'})), {argv: create.map((word) => word === 'vm-100-disk-0' ? 'vm-100-disk-1' : word)}, group(thin('vm-100-disk-1')))
    expect(await storage.create({vmid: 100, format: 'raw', sizeBytes: 8 * mebibyte})).toMatchObject({id: {name: 'vm-100-disk-1'}, sizeBytes: 8 * mebibyte})
    host.assertAllUsed()
    const taken = world({argv: create, stderr: '  Logical Volume "vm-100-disk-0" already exists in volume group "pve"', exitCode: 5})
    await expect(taken.storage.create({vmid: 100, format: 'raw', sizeBytes: 8 * mebibyte, base: 'vm-100-disk-0'})).rejects.toMatchObject({kind: 'conflict'})
    const full = world({argv: create, stderr: '  Cannot create new thin volume, free space in thin pool pve/data reached threshold.', exitCode: 5})
    await expect(full.storage.create({vmid: 100, format: 'raw', sizeBytes: 8 * mebibyte, base: 'vm-100-disk-0'})).rejects.toMatchObject({kind: 'unavailable', message: "storage 'thin' has not enough space"})
  })

  it('removes a disk after its snapshots, and none that is open', async () => {
    const {host, storage} = world(group(thin('vm-100-disk-0'), thin('snap_vm-100-disk-0_before'), thin('vm-100-disk-01')), group(thin('vm-100-disk-0'), thin('snap_vm-100-disk-0_before')), {argv: remove('snap_vm-100-disk-0_before')}, {argv: remove('vm-100-disk-0')})
    await storage.checkRemovable(id)
    await storage.remove(id)
    host.assertAllUsed()
    await expect(world({...group(thin('vm-100-disk-0', {lv_attr: 'Vwi-aotz--'})), times: 2}).storage.remove(id)).rejects.toMatchObject({kind: 'conflict'})
    await world(group()).storage.remove(id)
  })

  it('takes snapshots, and goes back by a copy that takes the place of the disk', async () => {
    const {host, storage} = world(
      group(thin('vm-100-disk-0')), group(thin('vm-100-disk-0')), {argv: copy('vm-100-disk-0', 'snap_vm-100-disk-0_before', true)},
      group(thin('vm-100-disk-0'), thin('snap_vm-100-disk-0_before')), {argv: copy('snap_vm-100-disk-0_before', 'rollback_vm-100-disk-0', false)}, {argv: remove('vm-100-disk-0')},
      {argv: ['lvrename', '--', 'pve', 'rollback_vm-100-disk-0', 'vm-100-disk-0']},
    )
    await storage.snapshots?.create(id, 'before')
    await storage.snapshots?.rollback(id, 'before')
    host.assertAllUsed()
  })

  it('goes on with a rollback that was killed when the disk was away', async () => {
    const {host, storage} = world(
      group(thin('snap_vm-100-disk-0_before'), thin('rollback_vm-100-disk-0')), {argv: remove('rollback_vm-100-disk-0')}, {argv: copy('snap_vm-100-disk-0_before', 'rollback_vm-100-disk-0', false)},
      {argv: ['lvrename', '--', 'pve', 'rollback_vm-100-disk-0', 'vm-100-disk-0']},
    )
    await storage.snapshots?.rollback(id, 'before')
    host.assertAllUsed()
    await expect(world(group(thin('vm-100-disk-0'))).storage.snapshots?.rollback(id, 'before')).rejects.toMatchObject({kind: 'not-found'})
  })

  it('makes a base in steps that may be repeated, and clones that stand alone', async () => {
    const base = {storage: 'thin', name: 'base-100-disk-0'}
    const readOnly = thin('base-100-disk-0', {lv_attr: 'Vri-a-tz--'})
    const {host, storage} = world(
      group(thin('vm-100-disk-0')), {argv: ['lvrename', '--', 'pve', 'vm-100-disk-0', 'base-100-disk-0']}, group(thin('base-100-disk-0')), {argv: ['lvchange', '--permission', 'r', '--', 'pve/base-100-disk-0']},
      {...group(readOnly), times: 3}, {argv: copy('base-100-disk-0', 'vm-200-disk-0', false)}, group(readOnly, thin('vm-200-disk-0')),
    )
    expect(await storage.templates?.makeBase(id)).toEqual(base)
    expect(await storage.templates?.makeBase(id)).toEqual(base)
    const clone = {storage: 'thin', name: 'vm-200-disk-0'}
    expect(await storage.templates?.clone(base, clone)).toMatchObject({id: clone, vmid: 200})
    host.assertAllUsed()
  })

  it('is named by QEMU as devices, and refuses names of other types', () => {
    const {storage} = world()
    expect(storage.path(id)).toBe('/dev/pve/vm-100-disk-0')
    expect(storage.imageName(id, 'before')).toEqual({format: 'raw', path: '/dev/pve/snap_vm-100-disk-0_before'})
    for (const name of ['base-9-disk-0/vm-100-disk-0', 'subvol-100-disk-0', 'snap_vm-100-disk-0_a', 'data', 'vm-100-disk-0@a']) expect(() => plugin.parseName(name), name).toThrow()
    expect(storage.commands({snapshot: 'rollback', id, name: 'before'})).toEqual([copy('snap_vm-100-disk-0_before', 'rollback_vm-100-disk-0', false), remove('vm-100-disk-0'), ['lvrename', '--', 'pve', 'rollback_vm-100-disk-0', 'vm-100-disk-0']])
    expect(storage.commands({makeBase: id})).toEqual([['lvrename', '--', 'pve', 'vm-100-disk-0', 'base-100-disk-0'], ['lvchange', '--permission', 'r', '--', 'pve/base-100-disk-0']])
  })
})
