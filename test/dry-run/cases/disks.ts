// Disks, on loop devices; what the machine's kernel may have no part for (device mapper, ZFS), on a machine that is simulated.
import {spawnSync} from 'node:child_process'
import {writeFileSync, truncateSync} from 'node:fs'
import {onTestFinished} from 'vitest'
import {localHost} from '../../../src/lib/host/local/index.ts'
import type {SimulatedDisks} from '../../support/simulated-disks.ts'
import {simulatedDisks} from '../../support/simulated-disks.ts'
import type {DryRunCases} from '../support/case.ts'
import {recordingHost} from '../support/recording-host.ts'
import type {World} from '../support/world.ts'

/** A blank disk; where there are no loop devices the case fails, as nothing else would show that a dry run writes to no disk. */
function blankDisk({root}: World): string {
  const image = `${root}/disk.img`
  writeFileSync(image, '')
  truncateSync(image, 16 * 1024 ** 2)
  const {stdout, stderr} = spawnSync('losetup', ['-f', '--show', '--', image], {encoding: 'utf8'})
  const device = stdout.trim()
  if (device === '') throw new Error(`no loop device: ${stderr}`)
  onTestFinished(() => { spawnSync('losetup', ['-d', device]) })
  // Partitions of whoever had this loop device before stay with it.
  spawnSync('partx', ['--delete', '--', device])
  return device
}

/** From here on the world's host is one with simulated disks. */
function simulate(world: World, options: {readonly systemd?: boolean} = {}): SimulatedDisks {
  const simulated = simulatedDisks(`${world.root}/machine`, localHost('h1'), options)
  Object.assign(world.context, {host: recordingHost(simulated.host, (deed) => { world.deeds.push(deed) })})
  return simulated
}

export const cases: DryRunCases = {
  'corral disk initgpt': [{arrange: async (world) => ['corral', 'disk', 'initgpt', blankDisk(world)], shows: /^sgdisk '--disk-guid=R' \/dev\/loop\d+$/m}],
  'corral disk wipe': [{
    arrange: async (world) => {
      const device = blankDisk(world)
      spawnSync('mkfs.ext4', ['-q', '-L', 'old', device])
      return ['corral', 'disk', 'wipe', device]
    },
    shows: /^# will be lost: \/dev\/loop\d+: an ext4 file system 'old'\nwipefs --all -- \/dev\/loop\d+$/m,
  }],
  'corral disk lvm create': [{
    about: 'on a partition, with a storage',
    arrange: async (world) => {
      simulate(world).addPartition('/dev/sdb', 2, '0fc63daf-8483-4772-8e79-3d69d8477de4')
      return ['corral', 'disk', 'lvm', 'create', 'vg1', '--device', '/dev/sdb2', '--add_storage']
    },
    shows: /^sfdisk .* --part-type -- \/dev\/sdb 2 e6d6d379-[^]*^vgcreate -- vg1 \/dev\/sdb2$[^]*^\+lvm: vg1$/m,
  }],
  'corral disk lvm destroy': [{
    arrange: async (world) => {
      const machine = simulate(world)
      await world.before('corral', 'disk', 'lvm', 'create', 'vg1', '--device', '/dev/sdb', '--add_storage')
      machine.change(({groups}) => { groups['vg1']?.volumes.push({name: 'old', uuid: 'o', kind: 'linear', sizeBytes: 4194304}) })
      return ['corral', 'disk', 'lvm', 'destroy', 'vg1', '--cleanup-config', '--cleanup-disks']
    },
    shows: /^# will be lost: the logical volume vg1\/old \(4M\)\nvgremove --yes -- vg1$[^]*^-lvm: vg1$[^]*^wipefs --all -- \/dev\/sdb$/m,
  }],
  'corral disk lvmthin create': [{
    arrange: async (world) => {
      simulate(world)
      return ['corral', 'disk', 'lvmthin', 'create', 'fast', '--device', '/dev/sdb', '--add_storage']
    },
    shows: /^lvcreate --yes --type thin-pool --size 6160384k --poolmetadatasize 1048576k --name fast -- fast$[^]*^\+ thinpool fast$/m,
  }],
  'corral disk lvmthin destroy': [{
    arrange: async (world) => {
      const machine = simulate(world)
      await world.before('corral', 'disk', 'lvmthin', 'create', 'fast', '--device', '/dev/sdb')
      machine.change(({groups}) => { groups['fast']?.volumes.push({name: 'vm-9-disk-0', uuid: 't', kind: 'thin', pool: 'fast', sizeBytes: 4194304}) })
      return ['corral', 'disk', 'lvmthin', 'destroy', 'fast', '--volume-group', 'fast', '--cleanup-disks']
    },
    shows: /^# will be lost: the logical volume fast\/vm-9-disk-0 \(4M\)\nlvremove --yes -- fast\/fast\n# there is nothing in the volume group 'fast'\nvgremove --yes -- fast\nwipefs --all -- \/dev\/sdb$/m,
  }],
  'corral disk zfs create': [{
    arrange: async (world) => {
      simulate(world)
      return ['corral', 'disk', 'zfs', 'create', 'tank', '--raidlevel', 'raid10', '--devices', '/dev/sdb,/dev/sdc,/dev/sdd,/dev/sde', '--compression', 'zstd', '--add_storage']
    },
    shows: /^zpool create -f -o 'ashift=12' -o 'comment=corral-[0-9a-f]{16}' -O 'compression=zstd' -- tank mirror \/dev\/sdb \/dev\/sdc mirror \/dev\/sdd \/dev\/sde$[^]*^\+zfspool: tank$/m,
  }],
  'corral disk zfs destroy': [{
    arrange: async (world) => {
      const machine = simulate(world)
      await world.before('corral', 'disk', 'zfs', 'create', 'tank', '--raidlevel', 'single', '--devices', '/dev/sdb', '--add_storage')
      machine.change(({pools}) => { pools['tank']?.datasets.push('tank/old') })
      return ['corral', 'disk', 'zfs', 'destroy', 'tank', '--cleanup-config', '--cleanup-disks']
    },
    shows: /^# will be lost: the volume tank\/old \(8M with what is in it\)\nzpool destroy -- tank$[^]*^-zfspool: tank$[^]*^wipefs --all -- \/dev\/sdb1\nwipefs --all -- \/dev\/sdb9\nwipefs --all -- \/dev\/sdb\npartx --delete -- \/dev\/sdb$/m,
  }],
  'corral disk directory create': [{
    arrange: async (world) => {
      simulate(world)
      return ['corral', 'disk', 'directory', 'create', 'backups', '--device', '/dev/sdb', '--filesystem', 'xfs', '--add_storage']
    },
    shows: /^sgdisk .* \/dev\/sdb\n[^]*^mkfs\.xfs .* \/dev\/sdb1\n[^]*^systemctl enable --now -- mnt-pve-backups\.mount$[^]*^\+dir: backups$/m,
  }, {
    about: 'on a host without systemd',
    arrange: async (world) => {
      simulate(world, {systemd: false})
      return ['corral', 'disk', 'directory', 'create', 'backups', '--device', '/dev/sdb']
    },
    shows: /^# this host runs no systemd: \/etc\/fstab gets the line "UUID=[0-9a-f-]{36} \/mnt\/pve\/backups ext4 defaults,nofail 0 2"\nmount -- \/mnt\/pve\/backups$/m,
  }],
  'corral disk directory destroy': [{
    arrange: async (world) => {
      simulate(world)
      await world.before('corral', 'disk', 'directory', 'create', 'backups', '--device', '/dev/sdb', '--add_storage')
      return ['corral', 'disk', 'directory', 'destroy', 'backups', '--cleanup-config', '--cleanup-disks']
    },
    shows: /^systemctl disable --now -- mnt-pve-backups\.mount$[^]*^-dir: backups$[^]*^# will be lost: \/dev\/sdb1: an ext4 file system with 4K in it\nwipefs --all -- \/dev\/sdb1\nwipefs --all -- \/dev\/sdb$/m,
  }],
}
