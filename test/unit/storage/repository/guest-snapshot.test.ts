// What is a backup of a guest among the snapshots of a repository, and its name.
import {describe, expect, it} from 'vitest'
import {backupName, parseBackupName, readBackupName} from '../../../../src/lib/storage/repository/backup-name.ts'
import {guestPath, guestTags, readGuestSnapshot} from '../../../../src/lib/storage/repository/guest-snapshot.ts'
import {markBackups} from '../../../../src/lib/storage/prune/prune-marks.ts'

const takenAtMs = Date.UTC(2026, 10, 23, 15)

describe('names', () => {
  it('say guest and time, and are read back', () => {
    expect(backupName({guestType: 'qemu', vmid: 100, takenAtMs})).toBe('backup/vm/100/2026-11-23T15:00:00Z')
    expect(readBackupName('backup/ct/101/2026-11-23T15:00:00Z')).toEqual({guestType: 'lxc', vmid: 101, takenAtMs})
    expect(parseBackupName('backup/vm/100/2026-11-23T15:00:00Z')).toMatchObject({content: 'backup', format: 'restic-vm', vmid: 100})
  })

  it.each(['backup/vm/100/2026-02-30T15:00:00Z', 'backup/vm/100/../x', 'backup/host/h1/2026-11-23T15:00:00Z', 'backup/vm/10/2026-11-23T15:00:00Z', '100/vm-100-disk-0'])('are not %s', (name) => {
    expect(() => parseBackupName(name)).toThrow()
  })

  it('are pruned by their times', () => {
    const backups = [0, 1, 2].map((hour) => ({id: {storage: 'vault', name: backupName({guestType: 'qemu', vmid: 100, takenAtMs: takenAtMs + hour * 3600_000})}}))
    expect(markBackups(backups, {'keep-last': 1}).map(({mark, type, vmid}) => ({mark, type, vmid}))).toEqual([
      {mark: 'remove', type: 'qemu', vmid: 100}, {mark: 'remove', type: 'qemu', vmid: 100}, {mark: 'keep', type: 'qemu', vmid: 100},
    ])
  })
})

describe('tags', () => {
  it('keep size, protection and notes of several lines', () => {
    const backup = {guestType: 'lxc', vmid: 101, takenAtMs, sizeBytes: 5_000_000_000, isProtected: true, notes: 'before, after\n100 %'} as const
    expect(guestTags(backup)).toEqual(['corral', 'size=5000000000', 'protected', 'notes=before%2C after%0A100 %25'])
    expect(readGuestSnapshot({tags: guestTags(backup), paths: [guestPath(backup)], takenAtMs})).toEqual(backup)
  })

  it('of others make no backup', () => {
    expect(readGuestSnapshot({tags: [], paths: ['/qemu/100'], takenAtMs})).toBeUndefined()
    expect(readGuestSnapshot({tags: ['corral'], paths: ['/qemu/100', '/etc'], takenAtMs})).toBeUndefined()
    expect(readGuestSnapshot({tags: ['corral'], paths: ['/home'], takenAtMs})).toBeUndefined()
    expect(readGuestSnapshot({tags: ['corral', 'size=-1', 'notes=%'], paths: ['/qemu/100'], takenAtMs})).toMatchObject({sizeBytes: 0, notes: '%'})
  })
})
