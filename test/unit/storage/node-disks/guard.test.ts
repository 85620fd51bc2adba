// What keeps a disk from being destroyed, on a fake host.
import {describe, expect, it} from 'vitest'
import {systemClock} from '../../../../src/lib/base/index.ts'
import type {FakeHost} from '../../../../src/lib/host/fake/index.ts'
import {catalog} from '../../../../src/lib/catalog.ts'
import {examine} from '../../../../src/lib/storage/node-disks/examine.ts'
import {contentLines} from '../../../../src/lib/storage/node-disks/contents.ts'
import {isSameDevice} from '../../../../src/lib/storage/node-disks/identity.ts'
import type {Context} from '../../../../src/lib/tasks/index.ts'
import {runHandler} from '../../../../src/lib/tasks/index.ts'
import {machineRoom} from '../../guest/qemu/support/run-qm.ts'
import type {FakeDisks} from './fake-disks.ts'
import {fakeDisks} from './fake-disks.ts'

async function contextOn(host: FakeHost, stored: Readonly<Record<string, string>> = {}): Promise<Context> {
  const context = await (await machineRoom()).open()
  if (Object.keys(stored).length > 0) await context.store.commit({put: stored})
  return {...context, host, clock: systemClock}
}

const run = async (command: 'wipe' | 'initgpt', context: Context, disk = '/dev/sdb') => {
  const {handler} = await catalog.commands[`corral disk ${command}`]?.handler() ?? {}
  if (handler === undefined) throw new Error('there is no such command')
  return runHandler(handler, {disk}, context)
}

const twoDisks: FakeDisks = {disks: [{name: 'sda', serial: 'A'}, {name: 'sdb', serial: 'B', partitions: ['sdb1', 'sdb2']}]}

it('a disk that is in use is refused for that, also where the kernel does not let it be read', async () => {
  const denied = {argv: ['wipefs', '--json', '…'], stderr: 'wipefs: error: /dev/sdb: probing initialization failed: Operation not permitted', exitCode: 1, times: Infinity}
  const used = await contextOn(fakeDisks({disks: [{name: 'sdb'}], mounts: '/dev/sdb / ext4 rw 0 0\n', answers: [denied]}))
  await expect(run('wipe', used)).rejects.toThrow('/dev/sdb is in use: /dev/sdb: mounted at /')
  const unread = await contextOn(fakeDisks({disks: [{name: 'sdb'}], answers: [denied]}))
  await expect(run('wipe', unread)).rejects.toThrow('Operation not permitted')
})

describe('what is on a disk is named', () => {
  const cases: readonly {readonly about: string; readonly machine: FakeDisks; readonly stored?: Readonly<Record<string, string>>; readonly lines: readonly string[]; readonly isInUse: boolean}[] = [
    {about: 'partitions and file systems', machine: {...twoDisks, lsblk: [{path: '/dev/sdb1', fstype: 'ext4', label: 'data'}]}, isInUse: false,
      lines: ['the partition /dev/sdb1 (1M)', "/dev/sdb1: an ext4 file system 'data'", 'the partition /dev/sdb2 (1M)']},
    {about: 'a file system that udev does not know of', machine: {disks: [{name: 'sdb'}], signatures: [{device: 'sdb', type: 'xfs', label: null, usage: 'filesystem'}]}, isInUse: false, lines: ['/dev/sdb: an xfs file system']},
    {about: 'a mount', machine: {disks: [{name: 'sdb'}], mounts: '/dev/sdb /mnt/a\\040b ext4 rw 0 0\n'}, isInUse: true, lines: ['/dev/sdb: mounted at /mnt/a b']},
    {about: 'swap', machine: {disks: [{name: 'sdb'}], swaps: '/dev/sdb partition 1 0 -2\n'}, isInUse: true, lines: ['/dev/sdb: swap space in use']},
    {about: 'what holds it', machine: {disks: [{name: 'sdb', holders: ['dm-3']}]}, isInUse: true, lines: ['/dev/sdb: held by /dev/dm-3']},
    {about: 'a volume group that nobody uses', machine: {disks: [{name: 'sdb'}], pvs: '  /dev/sdb;old\n'}, isInUse: false, lines: ["/dev/sdb: a physical volume of the volume group 'old'"]},
    {about: 'a volume group of a storage', machine: {disks: [{name: 'sdb'}], pvs: '  /dev/sdb;vg0\n'}, stored: {'storage.cfg': 'lvm: fast\n\tvgname vg0\n'}, isInUse: true,
      lines: ["/dev/sdb: a physical volume of the volume group 'vg0' (storage 'fast')"]},
    {about: 'an imported pool', machine: {disks: [{name: 'sdb'}], zpool: 'tank\t1T\t1G\t1T\t-\t-\t0%\t0%\t1.00x\tONLINE\t-\n\t/dev/sdb\t1T\t1G\t1T\t-\t-\t0%\t0%\t-\tONLINE\n'}, isInUse: true,
      lines: ["/dev/sdb: a device of the ZFS pool 'tank'"]},
    {about: 'a pool that is not imported', machine: {disks: [{name: 'sdb'}], lsblk: [{path: '/dev/sdb', fstype: 'zfs_member', label: 'old'}]}, isInUse: false, lines: ["/dev/sdb: a device of a ZFS pool 'old'"]},
    {about: 'an OSD', machine: {disks: [{name: 'sdb'}], pvs: '  /dev/sdb;ceph-1\n', lvs: '  /dev/sdb(0);osd-block-1;ceph.osd_id=7\n'}, isInUse: true,
      lines: ["/dev/sdb: a physical volume of the volume group 'ceph-1'", '/dev/sdb: the block device of OSD 7 of Ceph']},
    {about: 'a guest', machine: {disks: [{name: 'sdb'}], links: {'/dev/disk/by-id/ata-B': '/dev/sdb'}}, stored: {'nodes/h1/qemu-server/100.conf': 'scsi1: /dev/disk/by-id/ata-B,size=1G\n'}, isInUse: true,
      lines: ['/dev/sdb: given to guest 100 as scsi1']},
  ]
  it.each(cases)('$about', async ({machine, stored = {}, lines, isInUse}) => {
    const context = await contextOn(fakeDisks(machine), stored)
    const [examined] = await examine(['/dev/sdb'], context)
    expect(contentLines(examined?.contents ?? [])).toEqual(lines)
    expect(examined?.contents.some((content) => content.isInUse)).toBe(isInUse)
    await expect(run('initgpt', context)).rejects.toThrow(isInUse ? '/dev/sdb is in use' : '/dev/sdb is not blank')
    if (isInUse) await expect(run('wipe', context)).rejects.toThrow('/dev/sdb is in use')
    expect(context.host).toSatisfy((host: FakeHost) => host.ran.every(([program]) => !['dd', 'sgdisk'].includes(program ?? '')))
  })
})

describe('a disk is looked at again right before it is changed', () => {
  it('and left alone when another one has its name by then', async () => {
    const host = fakeDisks({disks: [{name: 'sdb', serial: 'B'}]})
    const context = await contextOn(host)
    const swapped: Context = {...context, actionKind: async (kind) => {
      await host.files.write('/sys/block/sdb/size', '4096\n')
      return context.actionKind(kind)
    }}
    await expect(run('wipe', swapped)).rejects.toThrow('/dev/sdb is another device by now than the one that was looked at')
  })
  it('and left alone when something has come to be on it', async () => {
    const host = fakeDisks({disks: [{name: 'sdb'}]})
    const context = await contextOn(host)
    const mounted: Context = {...context, actionKind: async (kind) => {
      await host.files.write('/proc/mounts', '/dev/sdb /mnt ext4 rw 0 0\n')
      return context.actionKind(kind)
    }}
    await expect(run('wipe', mounted)).rejects.toThrow('/dev/sdb is in use: /dev/sdb: mounted at /mnt')
  })
  it('and is known by number, size and serial number', () => {
    const disk = {path: '/dev/sdb', sizeBytes: 1, number: '8:16', serial: 'B'}
    expect(isSameDevice(disk, {...disk})).toBe(true)
    for (const other of [{number: '8:32'}, {sizeBytes: 2}, {serial: 'C'}, {path: '/dev/sdc'}, {wwn: '0x1'}]) expect(isSameDevice(disk, {...disk, ...other})).toBe(false)
  })
})

it('nothing is destroyed while a tool cannot say what is there', async () => {
  const context = await contextOn(fakeDisks({...twoDisks, failing: {pvs: 'it is broken'}}))
  for (const command of ['wipe', 'initgpt'] as const) await expect(run(command, context, '/dev/sda')).rejects.toThrow('it cannot be told what is on /dev/sda: pvs failed with exit code 5: it is broken')
})

it('a partition is wiped alone; a table is refused there', async () => {
  const host = fakeDisks(twoDisks)
  for (const argv of [['wipefs', '--all', '--', '/dev/sdb1'], ['dd', '…']]) host.answer({argv})
  await run('wipe', await contextOn(host), '/dev/sdb1')
  expect(host.ran.filter(([program]) => program === 'wipefs' || program === 'dd').map((argv) => argv.slice(0, 4)).filter((argv) => argv[1] !== '--json')).toEqual([['wipefs', '--all', '--', '/dev/sdb1'], ['dd', 'if=/dev/zero', 'of=/dev/sdb1', 'bs=1M']])
  await expect(run('initgpt', await contextOn(host), '/dev/sdb1')).rejects.toThrow('/dev/sdb1 is a partition; a table belongs on a whole disk')
})
