// Which logical volumes are a disk, by their names alone; and how large they must be.
import {execFileSync} from 'node:child_process'
import {describe, expect, it} from 'vitest'
import {disksOf, volumesOf} from '../../../../src/lib/storage/lvm/disk-volumes.ts'
import {checkNewName, numberInGroup, parseLvmVolumeName, sizeOfTags, sizeTag, snapshotOfVolume, snapshotVolume} from '../../../../src/lib/storage/lvm/naming.ts'
import {qcow2SpaceBytes} from '../../../../src/lib/storage/lvm/qcow2-space.ts'
import type {LogicalVolume} from '../../../../src/lib/storage/lvm/report.ts'

const volume = (name: string): LogicalVolume => ({name, sizeBytes: 8 * 1024 ** 2, tags: [], isOpen: false})
const disks = (...names: readonly string[]) => disksOf(names.map(volume)).map((disk) => ({
  name: disk.name, head: disk.head.name, snapshots: disk.snapshots.map(({name}) => name), ...disk.overlay === undefined ? {} : {overlay: disk.overlay.name},
}))

describe('the volumes of a disk', () => {
  it('are the one by its name, its snapshots, and one that is about to take its place', () => {
    expect(disks('root', 'vm-100-disk-0', 'snap_vm-100-disk-1_one.qcow2', 'vm-100-disk-1.qcow2', 'new-vm-100-disk-1.qcow2', 'snap_vm-100-disk-1_a_b.qcow2', 'del-vm-100-disk-2.qcow2')).toEqual([
      {name: 'vm-100-disk-0', head: 'vm-100-disk-0', snapshots: []},
      {name: 'vm-100-disk-1.qcow2', head: 'vm-100-disk-1.qcow2', snapshots: ['one', 'a_b'], overlay: 'new-vm-100-disk-1.qcow2'},
    ])
    expect(disksOf([volume('new-vm-1-disk-1.qcow2'), volume('vm-1-disk-1.qcow2'), volume('snap_vm-1-disk-1_aa.qcow2')]).flatMap(volumesOf).map(({name}) => name))
      .toEqual(['vm-1-disk-1.qcow2', 'snap_vm-1-disk-1_aa.qcow2', 'new-vm-1-disk-1.qcow2'])
  })

  it('are led by the new one while none has the name', () => {
    expect(disks('new-vm-100-disk-1.qcow2', 'snap_vm-100-disk-1_one.qcow2')).toEqual([{name: 'vm-100-disk-1.qcow2', head: 'new-vm-100-disk-1.qcow2', snapshots: ['one']}])
    expect(disks('snap_vm-100-disk-1_one.qcow2')).toEqual([])
  })

  it('are those of the longer name, where two begin alike', () => {
    expect(disks('vm-1-a.qcow2', 'vm-1-a_b.qcow2', 'snap_vm-1-a_b_c.qcow2', 'snap_vm-1-a_c.qcow2')).toEqual([
      {name: 'vm-1-a.qcow2', head: 'vm-1-a.qcow2', snapshots: ['c']}, {name: 'vm-1-a_b.qcow2', head: 'vm-1-a_b.qcow2', snapshots: ['c']},
    ])
  })
})

describe('names', () => {
  it('say what is in a volume and what it is a snapshot of', () => {
    expect(parseLvmVolumeName('vm-100-disk-0.qcow2')).toMatchObject({format: 'qcow2', vmid: 100})
    expect(snapshotVolume('vm-100-disk-0.qcow2', 'be_fore-1')).toBe('snap_vm-100-disk-0_be_fore-1.qcow2')
    expect(snapshotOfVolume('/dev/g/snap_vm-100-disk-0_be_fore-1.qcow2', 'vm-100-disk-0.qcow2')).toBe('be_fore-1')
    for (const other of ['snap_vm-100-disk-1_x.qcow2', 'snap_vm-100-disk-0_.qcow2', 'snap_vm-100-disk-0_../x.qcow2', '/etc/snap_vm-100-disk-0_x.qcow2', 'vm-100-disk-0.qcow2', '']) expect(snapshotOfVolume(other, 'vm-100-disk-0.qcow2'), other).toBeUndefined()
    expect(() => parseLvmVolumeName('snap_vm-100-disk-0_x.qcow2')).toThrow(/not the name/)
  })

  it('of new disks fit their format, and leave room for those of snapshots', () => {
    const both = ['raw', 'qcow2'] as const
    const want = {vmid: 100, sizeBytes: 1}
    expect(checkNewName({...want, format: 'qcow2', base: 'vm-100-cloudinit'}, both)).toBe('vm-100-cloudinit.qcow2')
    expect(checkNewName({...want, format: 'raw', base: 'vm-100-state-a_b'}, both)).toBe('vm-100-state-a_b')
    expect(() => checkNewName({...want, format: 'raw', base: 'vm-100-x.qcow2'}, both)).toThrow(/does not fit/)
    expect(() => checkNewName({...want, format: 'qcow2', base: 'vm-100-a_b'}, both)).toThrow(/underscore/)
    expect(() => checkNewName({...want, format: 'qcow2', base: 'vm-100-a'}, ['raw'])).toThrow(/no disks of format qcow2/)
    expect(() => checkNewName({...want, format: 'vmdk', base: 'vm-100-a'}, both)).toThrow(/raw and qcow2/)
  })

  it('keep the number of a disk taken while anything of it is there', () => {
    for (const name of ['vm-100-disk-3', 'vm-100-disk-3.qcow2', 'new-vm-100-disk-3.qcow2', 'del-vm-100-disk-3', 'snap_vm-100-disk-3_a_b.qcow2']) expect(numberInGroup(name, 100), name).toBe(3)
    for (const name of ['root', 'vm-101-disk-3', 'vm-100-cloudinit.qcow2', 'snap_', 'new-']) expect(numberInGroup(name, 100), name).toBeUndefined()
  })

  it('are not where the size is: that is a tag', () => {
    expect(sizeOfTags(['pve-vm-100', sizeTag(8192)])).toBe(8192)
    expect(sizeOfTags(['pve-vm-100', 'corral-disk-bytes-x', 'corral-disk-bytes-9999999999999999'])).toBeUndefined()
  })
})

describe('the space for a qcow2 image', () => {
  it('is what QEMU says for one that is written whole, and hardly more', () => {
    const [mebibyte, clusterBytes] = [1024 ** 2, 64 * 1024]
    for (const sizeBytes of [1, 540_672, 8 * mebibyte, 512 * mebibyte, 513 * mebibyte, 32 * 1024 * mebibyte, 5 * 1024 ** 2 * mebibyte]) {
      const told = JSON.parse(execFileSync('qemu-img', ['measure', '--output', 'json', '-O', 'qcow2', '--size', String(sizeBytes)], {encoding: 'utf8'})) as {'fully-allocated': number}
      const ours = qcow2SpaceBytes(sizeBytes)
      expect(ours, String(sizeBytes)).toBeGreaterThanOrEqual(told['fully-allocated'])
      expect(ours, String(sizeBytes)).toBeLessThanOrEqual(told['fully-allocated'] + 3 * clusterBytes)
    }
  })
})
