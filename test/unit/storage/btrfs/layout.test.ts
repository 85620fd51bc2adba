// Names of subvolumes, what `btrfs subvolume show` says, and changes as commands.
import {describe, expect, it} from 'vitest'
import {systemClock} from '../../../../src/lib/base/index.ts'
import {fakeHost} from '../../../../src/lib/host/fake/index.ts'
import {diskBase, snapshotIn} from '../../../../src/lib/storage/btrfs/layout.ts'
import {plugin} from '../../../../src/lib/storage/btrfs/plugin.ts'
import {parseSubvolume} from '../../../../src/lib/storage/btrfs/snapshots.ts'

describe('an entry of a guest folder', () => {
  it.each([
    ['vm-100-disk-0', 'vm-100-disk-0.raw'], ['base-100-disk-0', 'base-100-disk-0.raw'], ['vm-100-disk-0@a', undefined], ['vm-100-disk-0.rollback', undefined],
    ['vm-100-disk-0.qcow2', undefined], ['subvol-100-disk-0.subvol', 'subvol-100-disk-0.subvol'], ['basevol-100-disk-0.subvol', 'basevol-100-disk-0.subvol'], ['subvol-100-disk-0.subvol@a', undefined],
    ['subvol-100-disk-0.subvol.rollback', undefined], ['x', undefined],
  ])('%s is %s', (entry, base) => { expect(diskBase(entry)).toBe(base) })

  it('is a snapshot of the disk that its name begins with', () => {
    expect(snapshotIn('vm-100-disk-0@before', 'vm-100-disk-0.raw')).toBe('before')
    expect(snapshotIn('vm-100-disk-01@before', 'vm-100-disk-0.raw')).toBeUndefined()
  })
})

it('the age of a subvolume is read from what btrfs shows', () => {
  expect(parseSubvolume('vm\n\tCreation time: \t\t2026-11-23 01:44:00 +0100\n\tGen at creation: \t12\n')).toEqual({createdAtMs: Date.UTC(2026, 10, 23, 0, 44), generation: 12})
  expect(parseSubvolume('')).toEqual({createdAtMs: 0, generation: 0})
})

it('changes are shown as the commands that they come to', () => {
  const storage = plugin.open({type: 'btrfs', storage: 'b', path: '/srv/b', nocow: 1}, fakeHost(), systemClock)
  const id = {storage: 'b', name: '100/vm-100-disk-0.raw'}
  const disk = '/srv/b/images/100/vm-100-disk-0'
  expect(storage.commands({create: {id, want: {vmid: 100, format: 'raw', sizeBytes: 4096}}})).toEqual([
    ['btrfs', 'subvolume', 'create', '--', disk], ['chattr', '+C', '--', disk], ['qemu-img', 'create', '-q', '-f', 'raw', '-o', 'preallocation=off', '--', `${disk}/disk.raw`, '4096'],
  ])
  expect(storage.commands({snapshot: 'create', id, name: 'a1'})).toEqual([['btrfs', 'subvolume', 'snapshot', '-r', '--', disk, `${disk}@a1`]])
  expect(storage.commands({snapshot: 'rollback', id, name: 'a1'})).toEqual([
    ['btrfs', 'subvolume', 'snapshot', '--', `${disk}@a1`, `${disk}.rollback`], ['btrfs', 'subvolume', 'delete', '--commit-each', '--', disk], ['mv', '--', `${disk}.rollback`, disk],
  ])
  expect(storage.commands({snapshot: 'remove', id, name: 'a1'})).toEqual([['btrfs', 'subvolume', 'delete', '--commit-each', '--', `${disk}@a1`]])
  expect(storage.commands({makeBase: id})).toEqual([['mv', '--', disk, disk.replace('vm-', 'base-')], ['btrfs', 'property', 'set', '-t', 'subvol', disk.replace('vm-', 'base-'), 'ro', 'true']])
  expect(storage.commands({rename: {from: id, to: {...id, name: '200/vm-200-disk-0.raw'}}})).toEqual([['mv', '--', disk, '/srv/b/images/200/vm-200-disk-0']])
  expect(storage.commands({resize: {id, sizeBytes: 8192}})).toEqual([['qemu-img', 'resize', '-q', '-f', 'raw', '--', `${disk}/disk.raw`, '8192']])
  expect(storage.commands({snapshot: 'create', id: {...id, name: '100/vm-100-disk-0.qcow2'}, name: 'a1'})[0]?.[0]).toBe('qemu-img')
})
