import {describe, expect, it} from 'vitest'
import type {GuestConfig} from '../../../../src/lib/guest/guest-config.ts'
import {formatPendingDelete, parsePendingDelete} from '../../../../src/lib/guest/qemu/config/index.ts'
import {ownedBy} from '../../../../src/lib/guest/volume-owner.ts'
import {
  addPendingDelete, addUnused, applyPending, cleanupPending, dropUsedUnused, referencedVolumes,
  registerUnused, removePendingDelete, revertPending, withPendingValues,
} from '../../../../src/lib/guest/qemu/pending.ts'

const own = ownedBy(100)

function config(values: Record<string, string>, more: Partial<GuestConfig> = {}): GuestConfig {
  return {current: {values}, pending: {}, pendingDelete: {}, snapshots: {}, special: {}, ...more}
}

describe('the list of keys to delete', () => {
  it('is read with marks of force, and written sorted', () => {
    expect(parsePendingDelete(' net0, !scsi1;cores')).toEqual({net0: {force: false}, scsi1: {force: true}, cores: {force: false}})
    expect(parsePendingDelete('')).toEqual({})
    expect(formatPendingDelete({net0: {force: false}, cores: {force: false}, scsi1: {force: true}})).toBe('cores,net0,!scsi1')
  })

  it('takes keys in and out', () => {
    const waiting = addPendingDelete(config({cores: '2'}, {pending: {cores: '4'}}), 'cores', true)
    expect(waiting).toMatchObject({pending: {}, pendingDelete: {cores: {force: true}}})
    expect(removePendingDelete(waiting, 'cores').pendingDelete).toEqual({})
  })
})

describe('what waits', () => {
  it('is dropped when it would change nothing', () => {
    const cleaned = cleanupPending(config({memory: '128', cores: '1'}, {pending: {memory: '128', cores: '2'}, pendingDelete: {cpu: {force: false}}}))
    expect(cleaned.pending).toEqual({cores: '2'})
    expect(cleaned.pendingDelete).toEqual({})
  })

  it('can be shown as if it were in force', () => {
    const shown = withPendingValues(config({cores: '1', cpu: 'host'}, {pending: {cores: '2', description: 'later'}, pendingDelete: {cpu: {force: false}}}))
    expect(shown).toMatchObject({current: {values: {cores: '2'}, description: 'later'}, pending: {}, pendingDelete: {}})
    expect(shown.current.values).not.toHaveProperty('cpu')
  })

  it('can be taken back; a new disk that waited is kept as unused', () => {
    const waiting = config({scsi0: 'local:100/vm-100-disk-0.raw'}, {pending: {scsi0: 'local:100/vm-100-disk-1.raw,size=1G', cores: '2'}, pendingDelete: {net0: {force: false}}})
    const reverted = revertPending(waiting, ['scsi0', 'net0'], own)
    expect(reverted.pending).toEqual({cores: '2'})
    expect(reverted.pendingDelete).toEqual({})
    expect(reverted.current.values).toEqual({scsi0: 'local:100/vm-100-disk-0.raw', unused0: 'local:100/vm-100-disk-1.raw'})
  })
})

describe('applying what waits', () => {
  it('keeps the volume of a replaced and of a deleted drive', () => {
    const {config: applied, freedVolumes, appliedKeys} = applyPending(config(
      {scsi0: 'local:100/vm-100-disk-0.raw,size=1G', scsi1: 'local:100/vm-100-disk-1.raw', cores: '1', ide2: 'local:iso/x.iso,media=cdrom'},
      {pending: {scsi0: 'local:100/vm-100-disk-2.raw', cores: '4', ide2: 'none,media=cdrom'}, pendingDelete: {scsi1: {force: false}}},
    ), own)
    expect(applied.current.values).toEqual({
      scsi0: 'local:100/vm-100-disk-2.raw', cores: '4', ide2: 'none,media=cdrom', unused0: 'local:100/vm-100-disk-1.raw', unused1: 'local:100/vm-100-disk-0.raw',
    })
    expect(applied).toMatchObject({pending: {}, pendingDelete: {}})
    expect(freedVolumes).toEqual([])
    expect(appliedKeys).toEqual(['scsi1', 'scsi0', 'cores', 'ide2'])
  })

  it('frees a volume only when forced, owned, and named nowhere else', () => {
    const forced = {scsi1: {force: true}}
    const volume = 'local:100/vm-100-disk-1.raw'
    expect(applyPending(config({scsi1: volume}, {pendingDelete: forced}), own).freedVolumes).toEqual([volume])
    expect(applyPending(config({scsi1: volume}, {pendingDelete: forced, snapshots: {before: {values: {scsi1: volume}}}}), own).freedVolumes).toEqual([])
    expect(applyPending(config({scsi1: 'local:101/vm-101-disk-1.raw'}, {pendingDelete: forced}), own).freedVolumes).toEqual([])
    expect(applyPending(config({scsi1: '/dev/sdb'}, {pendingDelete: forced}), own).freedVolumes).toEqual([])
  })

  it('can be limited to some keys', () => {
    const applied = applyPending(config({}, {pending: {name: 'web', cores: '2'}, pendingDelete: {}}), own, (key) => key === 'name')
    expect(applied.config).toMatchObject({current: {values: {name: 'web'}}, pending: {cores: '2'}})
  })

  it('does not keep a volume that only changed its options', () => {
    const {config: applied} = applyPending(config({scsi0: 'local:100/vm-100-disk-0.raw'}, {pending: {scsi0: 'local:100/vm-100-disk-0.raw,ssd=1'}}), own)
    expect(applied.current.values).toEqual({scsi0: 'local:100/vm-100-disk-0.raw,ssd=1'})
  })
})

describe('unused disks', () => {
  it('take the first free number, and each volume stands there once', () => {
    const one = addUnused(config({unused0: 'local:100/a.raw', unused2: 'local:100/c.raw'}), 'local:100/b.raw')
    expect(one.current.values['unused1']).toBe('local:100/b.raw')
    expect(addUnused(one, 'local:100/b.raw')).toBe(one)
  })

  it('are not made of CDs, paths, other guests\' volumes and volumes in use', () => {
    const before = config({scsi0: 'local:100/vm-100-disk-0.raw'})
    for (const drive of ['local:iso/x.iso,media=cdrom', 'none,media=cdrom', '/dev/sdb', 'local:101/vm-101-disk-0.raw', 'local:100/vm-100-disk-0.raw,ssd=1']) {
      expect(registerUnused(before, drive, own)).toBe(before)
    }
  })

  it('vanish when their volume is attached again', () => {
    expect(dropUsedUnused(config({scsi0: 'local:100/vm-100-disk-0.raw,size=1G', unused0: 'local:100/vm-100-disk-0.raw', unused1: 'local:100/vm-100-disk-1.raw'})).current.values)
      .toEqual({scsi0: 'local:100/vm-100-disk-0.raw,size=1G', unused1: 'local:100/vm-100-disk-1.raw'})
  })
})

it('every volume is found, in drives, waiting drives, unused disks, snapshots and saved states', () => {
  expect(referencedVolumes(config(
    {scsi0: 'local:100/vm-100-disk-0.raw,size=1G', unused0: 'local:100/vm-100-disk-1.raw', ide2: 'local:iso/x.iso,media=cdrom', ide0: 'none,media=cdrom', sata0: '/dev/sdb', name: 'a:b'},
    {pending: {scsi1: 'local:100/vm-100-disk-2.raw'}, snapshots: {one: {values: {scsi0: 'local:100/vm-100-disk-0.raw', vmstate: 'local:100/vm-100-state-one.raw'}}}},
  ))).toEqual(['local:100/vm-100-disk-0.raw', 'local:100/vm-100-disk-1.raw', 'local:iso/x.iso', 'local:100/vm-100-disk-2.raw', 'local:100/vm-100-state-one.raw'])
})
