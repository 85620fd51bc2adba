// What is made on disks and destroyed again, on simulated ones: what is refused, what is taken back, and what somebody else has made stays.
import {describe, expect, it} from 'vitest'
import type {Context} from '../../../../src/lib/tasks/index.ts'
import {withFailing} from '../../../support/simulated-disks.ts'
import type {SimulatedRoom} from './simulated-room.ts'
import {blankMachine, simulatedRoom} from './simulated-room.ts'

const storedText = async ({context}: SimulatedRoom) => (await context.store.read('storage.cfg'))?.data

describe('made, with a storage, and destroyed with it', () => {
  const cases = [
    {what: 'lvm', params: {device: '/dev/sdb'}, section: 'lvm: data\n\tvgname data\n\tcontent rootdir,images\n\tnodes h1\n\n', destroy: {}},
    {what: 'lvmthin', params: {device: '/dev/sdb'}, section: 'lvmthin: data\n\tthinpool data\n\tvgname data\n\tcontent rootdir,images\n\tnodes h1\n\n', destroy: {'volume-group': 'data'}},
    {what: 'zfs', params: {devices: '/dev/sdb,/dev/sdc,/dev/sdd,/dev/sde', raidlevel: 'draid', 'draid-config': 'data=2,spares=1'}, section: 'zfspool: data\n\tpool data\n\tcontent rootdir,images\n\tnodes h1\n\n', destroy: {}},
    {what: 'directory', params: {device: '/dev/sdb', filesystem: 'xfs'}, section: 'dir: data\n\tpath /mnt/pve/data\n\tcontent rootdir,images,iso,backup,vztmpl,snippets,import\n\tis_mountpoint yes\n\tnodes h1\n\n', destroy: {}},
  ]
  it.each(cases)('$what', async ({what, params, section, destroy}) => {
    const room = await simulatedRoom()
    await room.run(`${what} create`, {name: 'data', ...params, add_storage: true})
    expect(await storedText(room)).toBe(section)
    await expect(room.run('initgpt', {disk: '/dev/sdb'})).rejects.toThrow('/dev/sdb is in use')
    await expect(room.run(`${what} create`, {name: 'data', ...params})).rejects.toThrow(/^there is a (?:volume group|ZFS pool|directory) 'data' already/)
    await expect(room.run(`${what} create`, {name: 'other', ...params})).rejects.toThrow('is in use')
    await room.run(`${what} destroy`, {name: 'data', ...destroy, 'cleanup-config': true, 'cleanup-disks': true})
    expect(room.machine.state()).toEqual(blankMachine)
    expect(await storedText(room)).toBeUndefined()
    await expect(room.run(`${what} destroy`, {name: 'data', ...destroy})).rejects.toMatchObject({kind: 'not-found'})
  })

  it('a directory has a unit by UUID, or a line of fstab where there is no systemd', async () => {
    const room = await simulatedRoom()
    await room.run('directory create', {name: 'data', device: '/dev/sdb'})
    const uuid = room.machine.state().signatures['/dev/sdb1']?.uuid ?? ''
    expect(room.machine.file('/etc/systemd/system/mnt-pve-data.mount')).toContain(`What=/dev/disk/by-uuid/${uuid}\nWhere=/mnt/pve/data\nType=ext4\n`)
    expect(await room.run('directory list')).toEqual([{path: '/mnt/pve/data', device: `/dev/disk/by-uuid/${uuid}`, type: 'ext4', options: 'defaults', unitfile: '/etc/systemd/system/mnt-pve-data.mount'}])

    const plain = await simulatedRoom({systemd: false})
    await plain.run('directory create', {name: 'data', device: '/dev/sdb'})
    expect(plain.machine.file('/etc/fstab')).toMatch(/^# what is mounted\nUUID=[0-9a-f-]{36} \/mnt\/pve\/data ext4 defaults,nofail 0 2\n$/)
    expect(await plain.run('directory list')).toMatchObject([{path: '/mnt/pve/data', unitfile: '/etc/fstab'}])
    // Without --cleanup-disks the files stay.
    await plain.run('directory destroy', {name: 'data'})
    expect(plain.machine.file('/etc/fstab')).toBe('# what is mounted\n')
    expect(plain.machine.state().signatures['/dev/sdb1']?.type).toBe('ext4')
  })

  it('a partition keeps its table, and its type says what is on it', async () => {
    const linux = '0fc63daf-8483-4772-8e79-3d69d8477de4'
    const room = await simulatedRoom()
    room.machine.addPartition('/dev/sdb', 1, linux)
    room.machine.addPartition('/dev/sdb', 2, linux)
    await room.run('lvm create', {name: 'data', device: '/dev/sdb2'})
    expect(room.machine.state().tables['/dev/sdb']?.types).toEqual({1: linux, 2: 'e6d6d379-f507-44c2-a23c-238f2a3df928'})
    await room.run('lvm destroy', {name: 'data', 'cleanup-disks': true})
    expect(room.machine.state()).toEqual({...blankMachine, tables: {'/dev/sdb': {guid: 'some', types: {1: linux, 2: linux}}}})
    room.machine.change(({signatures, tables}) => {
      signatures['/dev/sdb2'] = {type: 'swap', uuid: 'x'}
      tables['/dev/sdb'] = {guid: 'some', types: {1: linux, 2: '0657fd6d-a4ab-43c4-84e5-0933c84b4f4f'}}
    })
    await room.run('wipe', {disk: '/dev/sdb2'})
    expect(room.machine.state().tables['/dev/sdb']?.types).toEqual({1: linux, 2: linux})
  })
})

describe('what fails is taken back', () => {
  it.each([
    ['vgcreate', 'lvm create', {device: '/dev/sdb'}], ['lvcreate', 'lvmthin create', {device: '/dev/sdb'}], ['mkfs.ext4', 'directory create', {device: '/dev/sdb'}], ['systemctl', 'directory create', {device: '/dev/sdb'}],
  ] as const)('%s', async (program, command, params) => {
    const room = await simulatedRoom()
    const failing: Context = {...room.context, host: withFailing(room.machine.host, program, 'no luck')}
    const outcome = room.run(command, {name: 'data', ...params, add_storage: true}, failing)
    await expect(outcome).rejects.toThrow('no luck')
    // systemctl fails for the undo as well, and then the journal waits for whoever comes next.
    await room.run('initgpt', {disk: '/dev/sdb'})
    expect(room.machine.state()).toEqual({...blankMachine, tables: {'/dev/sdb': {guid: 'R', types: {}}}})
    expect(await storedText(room)).toBeUndefined()
  })

  it('but a group or pool in which somebody has made something meanwhile is his', async () => {
    for (const [command, params, fill] of [
      ['lvm create', {device: '/dev/sdb'}, (room: SimulatedRoom) => room.machine.change(({groups}) => { groups['data']?.volumes.push({name: 'his', uuid: 'h', kind: 'linear', sizeBytes: 4096}) })],
      ['zfs create', {devices: '/dev/sdb', raidlevel: 'single'}, (room: SimulatedRoom) => room.machine.change(({pools}) => { pools['data']?.datasets.push('data/his') })],
    ] as const) {
      const room = await simulatedRoom()
      const late: Context = {...room.context, store: {...room.context.store, commit: async (commit) => {
        if (commit.put !== undefined && 'storage.cfg' in commit.put) {
          fill(room)
          throw new Error('the store is full')
        }
        return room.context.store.commit(commit)
      }}}
      await expect(room.run(command, {name: 'data', ...params, add_storage: true}, late)).rejects.toThrow('the store is full')
      expect(room.lines.join('\n')).toMatch(/WARN: the (?:volume group|ZFS pool) 'data' stays, as there (?:are volumes|is something) in it by now: (?:data\/)?his/)
      const {groups, pools} = room.machine.state()
      expect([...Object.keys(groups), ...Object.keys(pools)]).toEqual(['data'])
    }
  })
})

describe('the guard before something is destroyed', () => {
  it('names the disks of guests, by whatever they are named', async () => {
    const room = await simulatedRoom({stored: {
      'nodes/h1/qemu-server/100.conf': 'scsi0: fast:vm-100-disk-0,size=1G\nunused0: tank-dir:100/vm-100-disk-0.raw\n',
      'nodes/h1/qemu-server/101.conf': 'scsi0: /dev/plain/his,size=1G\n',
      'nodes/h1/lxc/102.conf': 'rootfs: backups:102/vm-102-disk-0.raw,size=1G\n',
    }})
    await room.run('lvmthin create', {name: 'fast', device: '/dev/sdb', add_storage: true})
    await room.run('lvm create', {name: 'plain', device: '/dev/sdc'})
    await room.run('zfs create', {name: 'tank', devices: '/dev/sdd', raidlevel: 'single'})
    await room.run('directory create', {name: 'backups', device: '/dev/sde', add_storage: true})
    const text = await storedText(room) ?? ''
    await room.context.store.commit({put: {'storage.cfg': `${text}dir: tank-dir\n\tpath /tank/images\n\tcontent images\n\n`}})
    const before = room.machine.state()
    for (const [command, params, message] of [
      ['lvm destroy', {name: 'fast'}, "the volume group 'fast' is in use: it holds scsi0 of guest 100"],
      ['lvmthin destroy', {name: 'fast', 'volume-group': 'fast'}, "the thin pool 'fast/fast' is in use: it holds scsi0 of guest 100"],
      ['lvm destroy', {name: 'plain'}, "the volume group 'plain' is in use: it holds scsi0 of guest 101"],
      ['zfs destroy', {name: 'tank'}, "the ZFS pool 'tank' is in use: it holds unused0 of guest 100"],
      ['directory destroy', {name: 'backups'}, 'the directory /mnt/pve/backups is in use: it holds rootfs of guest 102'],
    ] as const) {
      await expect(room.run(command, params)).rejects.toThrow(message)
      await expect(room.plan(command, params)).rejects.toThrow(message)
    }
    expect(room.machine.state()).toEqual(before)
  })

  it('asks lvm2 who has a volume open', async () => {
    const other = await simulatedRoom()
    await other.run('lvm create', {name: 'data', device: '/dev/sdb'})
    other.machine.change(({groups}) => { groups['data']?.volumes.push({name: 'root', uuid: 'r', kind: 'linear', sizeBytes: 4096, isOpen: true}) })
    await expect(other.run('lvm destroy', {name: 'data'})).rejects.toThrow("the volume group 'data' is in use: data/root is open")
  })

  it('leaves a group of the same name alone that was made since, and storages of other hosts', async () => {
    const other = await simulatedRoom({stored: {'storage.cfg': 'lvm: shared\n\tvgname data\n\tcontent images\n\tnodes h1,h2\n\n'}})
    await other.run('lvm create', {name: 'data', device: '/dev/sdb'})
    const swapped: Context = {...other.context, actionKind: async (kind) => {
      other.machine.change(({groups}) => { groups['data'] = {uuid: 'another', path: '/dev/sdc', volumes: []} })
      return other.context.actionKind(kind)
    }}
    await expect(other.run('lvm destroy', {name: 'data', 'cleanup-config': true}, swapped)).rejects.toThrow("there is another volume group by the name 'data' now")
    expect(Object.keys(other.machine.state().groups)).toEqual(['data'])
    await other.run('lvm destroy', {name: 'data', 'cleanup-config': true})
    expect(await storedText(other)).toBe('lvm: shared\n\tvgname data\n\tcontent images\n\tnodes h2\n\n')
  })

  it('leaves a disk alone on which there is something else by then', async () => {
    const other = await simulatedRoom()
    await other.run('zfs create', {name: 'data', devices: '/dev/sdb', raidlevel: 'single'})
    const late: Context = {...other.context, host: {...other.machine.host, run: async (argv, options) => {
      const answer = await other.machine.host.run(argv, options)
      if (argv[0] === 'zpool' && argv[1] === 'destroy') other.machine.change(({signatures}) => { signatures['/dev/sdb1'] = {type: 'ext4', uuid: 'his'} })
      return answer
    }}}
    await other.run('zfs destroy', {name: 'data', 'cleanup-disks': true}, late)
    expect(other.machine.state().signatures).toEqual({'/dev/sdb1': {type: 'ext4', uuid: 'his'}})
    expect(other.lines.join('\n')).toContain('WARN: /dev/sdb is left alone, as there is something else on it by now: /dev/sdb1: ext4')
  })
})

it('a storage by that name is found before a disk is touched', async () => {
  const room = await simulatedRoom()
  for (const [command, params] of [['lvm create', {device: '/dev/sdb'}], ['zfs create', {devices: '/dev/sdb', raidlevel: 'single'}]] as const) {
    await expect(room.run(command, {name: 'local', ...params, add_storage: true})).rejects.toThrow("there is a storage 'local' already")
  }
  expect(room.machine.state()).toEqual(blankMachine)
})

it.each([
  [{devices: '/dev/sdb,/dev/sdb', raidlevel: 'mirror'}, '/dev/sdb is given twice'],
  [{devices: '/dev/sdb', raidlevel: 'mirror'}, 'a pool of level mirror needs at least 2 devices; there is one'],
  [{devices: '/dev/sdb,-f', raidlevel: 'mirror'}, "'-f' is no path of a device"],
  [{name: 'mirror1', devices: '/dev/sdb,/dev/sdc', raidlevel: 'mirror'}, "ZFS does not take 'mirror1' as the name of a pool"],
  [{name: 'etc', devices: '/dev/sdb,/dev/sdc', raidlevel: 'mirror'}, 'the pool would be mounted at /etc, where there is something already'],
])('a ZFS pool of %s is refused', async (params, message) => {
  const room = await simulatedRoom()
  await expect(room.run('zfs create', {name: 'tank', ...params})).rejects.toThrow(message)
  expect(room.machine.state()).toEqual(blankMachine)
})
