// What tools say of volume groups and pools, the words that they are told, and the texts of units and fstab. The answers of zpool were recorded from ZFS
// 2.3.9 on Debian 13 (linux 6.12).
import {describe, expect, it} from 'vitest'
import {groupLines} from '../../../../src/lib/storage/node-disks/commands/lvm-list.handler.ts'
import {statusLines} from '../../../../src/lib/storage/node-disks/commands/zfs-status.handler.ts'
import {formatMountUnit, parseFstab, parseMountUnit, unitNameFor, withFstabLine, withoutFstabLine} from '../../../../src/lib/storage/node-disks/directories/mounted-directory.ts'
import {parsePartitionType} from '../../../../src/lib/storage/node-disks/facts/tool-answers.ts'
import {groupsOf, volumesOf} from '../../../../src/lib/storage/node-disks/lvm/groups.ts'
import {thinPoolSize} from '../../../../src/lib/storage/node-disks/lvm/thin-pool-size.ts'
import {parsePoolStatus} from '../../../../src/lib/storage/node-disks/zfs/pool-status.ts'
import {parseDatasets, parsePools} from '../../../../src/lib/storage/node-disks/zfs/pools.ts'
import type {RaidLevel} from '../../../../src/lib/storage/node-disks/zfs/raid-level.ts'
import {checkPoolName, raidLevels, vdevWords} from '../../../../src/lib/storage/node-disks/zfs/raid-level.ts'

const lines = (...text: readonly string[]) => `${text.join('\n')}\n`

const replacing = lines(
  '  pool: tankm', ' state: ONLINE', 'status: One or more devices is currently being resilvered.  The pool will', '\tcontinue to function, possibly in a degraded state.',
  'action: Wait for the resilver to complete.', '  scan: resilver in progress since Mon Nov 23 08:38:31 2026', '\t20.4M / 20.4M scanned, 10.9M / 20.2M issued at 1.82M/s',
  '\t7.61M resilvered, 53.96% done, no estimated completion time', 'config:', '', '\tNAME              STATE     READ WRITE CKSUM', '\ttankm             ONLINE       0     0     0',
  '\t  mirror-0        ONLINE       0     0     0', '\t    /dev/loop0    ONLINE       0     0     0', '\t    replacing-1   ONLINE       0     0     0',
  '\t      /dev/loop1  ONLINE       0     0   152', '\t      /dev/loop2  ONLINE       0     0     0  (resilvering)', '', 'errors: No known data errors',
)
const faulted = lines(
  '  pool: tank2', ' state: DEGRADED', 'status: One or more devices are faulted in response to persistent errors.', '\tSufficient replicas exist for the pool to continue functioning in a', '\tdegraded state.',
  "action: Replace the faulted device, or use 'zpool clear' to mark the device", '\trepaired.', 'config:', '', '\tNAME                 STATE     READ WRITE CKSUM', '\ttank2                DEGRADED     0     0     0',
  '\t  draid1:2d:4c:1s-0  DEGRADED     0     0     0', '\t    /dev/loop3       ONLINE       0     0     0', '\t    /dev/loop4       FAULTED      0     0     0  external device fault',
  '\tspares', '\t  draid1-0-0         AVAIL   ', '', 'errors: No known data errors',
)
const damaged = lines(
  '  pool: tank3', ' state: ONLINE', 'status: One or more devices has experienced an error resulting in data', '\tcorruption.  Applications may be affected.',
  'action: Restore the file in question if possible.  Otherwise restore the', '\tentire pool from backup.', '   see: https://openzfs.github.io/openzfs-docs/msg/ZFS-8000-8A',
  '  scan: scrub repaired 0B in 00:00:05 with 280 errors on Mon Nov 23 08:31:54 2026', 'config:', '', '\tNAME          STATE     READ WRITE CKSUM', '\ttank3         ONLINE       0     0     0',
  '\t  /dev/loop2  ONLINE       0     0   560', '\tspecial\t', '\t  /dev/loop6  ONLINE       0     0     0', '\tlogs\t', '\t  /dev/loop3  ONLINE       0     0     0', '\tcache', '\t  /dev/loop4  ONLINE       0     0     0',
  '\tspares', '\t  /dev/loop5  AVAIL   ', '', 'errors: Permanent errors have been detected in the following files:', '', '        /tank3/pool: x',
)

describe('zpool status', () => {
  const counts = {read: 0, write: 0, cksum: 0}
  it('has the devices as a tree, with their errors', () => {
    expect(parsePoolStatus(replacing)).toEqual({
      name: 'tankm', state: 'ONLINE', errors: 'No known data errors', action: 'Wait for the resilver to complete.',
      status: 'One or more devices is currently being resilvered. The pool will continue to function, possibly in a degraded state.',
      scan: 'resilver in progress since Mon Nov 23 08:38:31 2026\n20.4M / 20.4M scanned, 10.9M / 20.2M issued at 1.82M/s\n7.61M resilvered, 53.96% done, no estimated completion time',
      children: [{name: 'tankm', state: 'ONLINE', ...counts, msg: '', leaf: false, children: [{name: 'mirror-0', state: 'ONLINE', ...counts, msg: '', leaf: false, children: [
        {name: '/dev/loop0', state: 'ONLINE', ...counts, msg: '', leaf: true},
        {name: 'replacing-1', state: 'ONLINE', ...counts, msg: '', leaf: false, children: [
          {name: '/dev/loop1', state: 'ONLINE', ...counts, cksum: 152, msg: '', leaf: true}, {name: '/dev/loop2', state: 'ONLINE', ...counts, msg: '(resilvering)', leaf: true},
        ]},
      ]}]}],
    })
  })
  it('has spares and what is wrong with a device beside it', () => {
    const {children = []} = parsePoolStatus(faulted) ?? {}
    expect(children[0]?.children?.[0]?.children?.[1]).toEqual({name: '/dev/loop4', state: 'FAULTED', ...counts, msg: 'external device fault', leaf: true})
    expect(children[1]).toEqual({name: 'spares', msg: '', leaf: false, children: [{name: 'draid1-0-0', state: 'AVAIL', msg: '', leaf: true}]})
  })
  it('has logs, caches and damaged files, whatever they are called', () => {
    const found = parsePoolStatus(damaged)
    expect(found?.children.map(({name, children}) => [name, children?.map((child) => child.name)])).toEqual([
      ['tank3', ['/dev/loop2']], ['special', ['/dev/loop6']], ['logs', ['/dev/loop3']], ['cache', ['/dev/loop4']], ['spares', ['/dev/loop5']],
    ])
    expect(found).toMatchObject({name: 'tank3', see: 'https://openzfs.github.io/openzfs-docs/msg/ZFS-8000-8A', errors: 'Permanent errors have been detected in the following files:\n\n/tank3/pool: x'})
  })
  it('is no status otherwise', () => {
    for (const text of ['', 'no pools available\n', 'pool:\nstate:\n', '\t\t\t\n']) expect(parsePoolStatus(text)).toBeUndefined()
  })
  it('is shown as people read it', () => {
    const status = parsePoolStatus(faulted)
    if (status === undefined) throw new Error('it was read above')
    expect(statusLines(status)).toEqual([
      'pool: tank2', 'state: DEGRADED', 'status: One or more devices are faulted in response to persistent errors. Sufficient replicas exist for the pool to continue functioning in a degraded state.',
      "action: Replace the faulted device, or use 'zpool clear' to mark the device repaired.", 'errors: No known data errors', '',
      'NAME                 STATE     READ  WRITE  CKSUM', 'tank2                DEGRADED     0      0      0', '  draid1:2d:4c:1s-0  DEGRADED     0      0      0', '    /dev/loop3       ONLINE       0      0      0',
      '    /dev/loop4       FAULTED      0      0      0  external device fault', 'spares', '  draid1-0-0         AVAIL',
    ])
  })
})

it('pools and what is in them', () => {
  expect(parsePools('tankm\t301989888\t491520\t301498368\t5\t1.00\tONLINE\t4542647154167908723\tcorral-0123456789abcdef\nold\t1\t-\t1\t-\t1.00x\tFAULTED\t7\t-\n')).toEqual([
    {name: 'tankm', size: 301989888, alloc: 491520, free: 301498368, frag: 5, dedup: 1, health: 'ONLINE', guid: '4542647154167908723', comment: 'corral-0123456789abcdef'},
    {name: 'old', size: 1, alloc: 0, free: 1, frag: -1, dedup: 1, health: 'FAULTED', guid: '7', comment: ''},
  ])
  expect(parseDatasets('tank\tfilesystem\t380928\tyes\t/tank\ntank/vm-1-disk-0\tvolume\t8\t-\t-\ntank/x\tfilesystem\t9\tno\t/srv\n')).toEqual([
    {name: 'tank', kind: 'filesystem', usedBytes: 380928, mountPoint: '/tank'}, {name: 'tank/vm-1-disk-0', kind: 'volume', usedBytes: 8}, {name: 'tank/x', kind: 'filesystem', usedBytes: 9},
  ])
})

describe('how the devices of a pool stand to each other', () => {
  const disks = (count: number) => Array.from({length: count}, (_, index) => `/dev/sd${String.fromCharCode(98 + index)}`)
  it.each<[RaidLevel, number, string]>([
    ['single', 1, '/dev/sdb'], ['mirror', 2, 'mirror /dev/sdb /dev/sdc'], ['raid10', 4, 'mirror /dev/sdb /dev/sdc mirror /dev/sdd /dev/sde'], ['raidz', 3, 'raidz /dev/sdb /dev/sdc /dev/sdd'],
    ['raidz2', 4, 'raidz2 /dev/sdb /dev/sdc /dev/sdd /dev/sde'], ['draid', 3, 'draid /dev/sdb /dev/sdc /dev/sdd'],
  ])('%s of %i', (level, count, words) => { expect(vdevWords(level, disks(count), undefined).join(' ')).toBe(words) })
  it('draid with its groups and spares', () => { expect(vdevWords('draid2', disks(8), {data: 4, spares: 1})[0]).toBe('draid2:4d:8c:1s') })
  it.each(raidLevels)('%s refuses too few', (level) => { expect(() => vdevWords(level, disks(0))).toThrow(`a pool of level ${level} needs at least`) })
  it.each<[RaidLevel, number, {data: number; spares: number} | undefined, string]>([
    ['single', 2, undefined, 'a pool of level single has one device'], ['raid10', 5, undefined, 'consists of pairs; there are 5'], ['mirror', 2, {data: 1, spares: 0}, '--draid-config says nothing'],
    ['draid2', 5, {data: 4, spares: 1}, '4 devices for data, 2 for parity and 1 as spares make 7; there are 5'],
  ])('%s of %i with %o', (level, count, draid, message) => { expect(() => vdevWords(level, disks(count), draid)).toThrow(message) })
  it('names of pools', () => {
    for (const name of ['mirror', 'raidz9', 'draid-x', 'sparepool', 'logs', 'cache', 'c0x']) expect(() => checkPoolName(name), name).toThrow('ZFS does not take')
    for (const name of ['tank', 'cached', 'rpool']) checkPoolName(name)
  })
})

it('a thin pool takes all but a little', () => {
  const gibibyte = 1024 ** 3
  // Proxmox VE: 128 MiB stay free, and metadata twice: a hundredth, 1 to 16 GiB.
  expect(thinPoolSize(8 * gibibyte, '/dev/sdb')).toEqual({dataKib: 8 * 1024 ** 2 - 128 * 1024 - 2 * 1024 ** 2, metadataKib: 1024 ** 2})
  expect(thinPoolSize(1000 * gibibyte, '/dev/sdb').metadataKib).toBe(Math.floor((1000 * gibibyte - 128 * 1024 ** 2) / 100 / 1024))
  expect(thinPoolSize(10_000 * gibibyte, '/dev/sdb').metadataKib).toBe(16 * 1024 ** 2)
  expect(() => thinPoolSize(2 * gibibyte, '/dev/sdb')).toThrow('/dev/sdb is too small for a thin pool: it has 2G')
})

it('groups with several devices, and volumes', () => {
  const row = {vg_name: 'vg0', vg_uuid: 'u', vg_size: '200', vg_free: '50'}
  const groups = groupsOf([{...row, pv_name: '/dev/sdb', pv_uuid: 'a', pv_size: '100', pv_free: '0'}, {...row, pv_name: '[unknown]', pv_uuid: 'b', pv_size: '100', pv_free: '50'}, {}])
  expect(groups).toMatchObject([{name: 'vg0', uuid: 'u', sizeBytes: 200, freeBytes: 50, physicalVolumes: [{path: '/dev/sdb', uuid: 'a'}, {path: '[unknown]', uuid: 'b'}]}])
  expect(groupLines({leaf: false, children: [{name: 'vg0', size: 1024 ** 3, free: 0, leaf: false, children: [{name: '/dev/sdb', size: 1024 ** 3, free: 0, leaf: true}]}]})).toEqual([
    'NAME        SIZE  FREE', 'vg0           1G     0', '  /dev/sdb    1G     0',
  ])
  expect(volumesOf([{vg_name: 'a', lv_name: 'p', lv_uuid: 'u', lv_size: '1000', segtype: 'thin-pool', thin_count: '2', data_percent: '12.50', metadata_percent: '', lv_metadata_size: '64', lv_device_open: 'open'}]))
    .toEqual([{group: 'a', name: 'p', uuid: 'u', pool: '', sizeBytes: 1000, isThinPool: true, isOpen: true, thinVolumes: 2, usedBytes: 125, metadataBytes: 64, metadataUsedBytes: 0}])
})

describe('what is mounted at boot', () => {
  it('names units as systemd does', () => {
    expect([unitNameFor('backups'), unitNameFor('a-b.c_d')]).toEqual(['mnt-pve-backups.mount', 'mnt-pve-a\\x2db.c_d.mount'])
  })
  it('is read from units, ours and others, below /mnt/pve only', () => {
    const path = '/etc/systemd/system/mnt-pve-a.mount'
    expect(parseMountUnit(formatMountUnit({name: 'a', uuid: '1-2', type: 'xfs'}), path)).toEqual({path: '/mnt/pve/a', device: '/dev/disk/by-uuid/1-2', type: 'xfs', options: 'defaults', unitfile: path})
    expect(parseMountUnit('[Mount]\nWhere = /mnt/pve/a/\nWhat=/dev/sdb1\n', path)).toMatchObject({path: '/mnt/pve/a', device: '/dev/sdb1', type: ''})
    for (const text of ['', '[Mount]\nWhere=/etc\n', '[Unit]\nWhere=/mnt/pve/a\n', '[Mount]\nWhere=/mnt/pve/../etc\n']) expect(parseMountUnit(text, path)).toBeUndefined()
  })
  it('is read from fstab, and only its own line comes and goes', () => {
    const text = '# x\nUUID=1 / ext4 defaults 0 1\nnas:/x /mnt/pve/nas nfs defaults 0 0\n'
    const line = 'UUID=2 /mnt/pve/a ext4 defaults,nofail 0 2'
    const added = withFstabLine(text, line)
    expect(added).toBe(`${text}${line}\n`)
    expect(withFstabLine(added, line)).toBe(added)
    expect(parseFstab(added)).toEqual([{path: '/mnt/pve/a', device: 'UUID=2', type: 'ext4', options: 'defaults,nofail', unitfile: '/etc/fstab'}])
    expect(withoutFstabLine(added, {path: '/mnt/pve/a', device: 'UUID=2'})).toBe(text)
    expect(withoutFstabLine(added, {path: '/mnt/pve/a', device: 'UUID=3'})).toBe(added)
  })
})

it('the type of one partition among several', () => {
  expect(parsePartitionType(' 1 gpt C12A7328-F81F-11D2-BA4B-00A0C93EC93B\n 2 dos 0x8e\n', 2)).toEqual({table: 'dos', code: '8e'})
  expect(parsePartitionType(' 1 gpt C12A7328-F81F-11D2-BA4B-00A0C93EC93B\n', 1)).toEqual({table: 'gpt', code: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b'})
  expect(parsePartitionType('', 1)).toBeUndefined()
})
