// Jobs and their schedule, and backups that are there.
import {mkdirSync, writeFileSync} from 'node:fs'
import {dirname} from 'node:path'
import type {Host} from '../../../src/lib/host/index.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import type {DryRunCases} from '../support/case.ts'
import {keepMachine, keptVolume} from '../../support/kept-machine.ts'
import {backupName, writeMachineBackup} from '../../support/machine-backup.ts'
import {tarArchive} from '../../support/tar-archive.ts'
import {recordingHost} from '../support/recording-host.ts'
import type {World} from '../support/world.ts'

/** A host whose /etc and /run/systemd are the world's own, and which has no systemd. */
function ownEtc(world: World): void {
  const real = localHost('h1')
  const moved = (path: string) => (/^\/(?:etc|run\/systemd)\//.test(path) ? `${world.root}/machine${path}` : path)
  const host: Host = {...real, files: {
    ...real.files, stat: (path, options) => real.files.stat(moved(path), options), readText: (path, maxBytes) => real.files.readText(moved(path), maxBytes),
    remove: (path) => real.files.remove(moved(path)),
    write: async (path, data, options) => {
      mkdirSync(dirname(moved(path)), {recursive: true})
      await real.files.write(moved(path), data, options)
    },
  }}
  Object.assign(world.context, {host: recordingHost(host, (deed) => { world.deeds.push(deed) })})
}

/** The names of snapshots hold the time. */
function stopClock(world: World): void {
  const nowMs = Date.now()
  Object.assign(world.context, {clock: {...world.context.clock, now: () => nowMs}})
}

const addBackups = async (world: World) => { await world.before('corral', 'backup', 'job', 'add', 'nightly', '--schedule', '22:30', '--vmid', '100', '--storage', 'local') }
const addSnapshots = async (world: World) => {
  await world.before('qm', 'create', '100', '--scsi0', 'local:0.01,format=qcow2')
  await world.before('corral', 'snapshot', 'job', 'add', 'hourly', '--schedule', 'hourly', '--all', '--keep-last', '1')
}

export const cases: DryRunCases = {
  'corral backup verify': [{
    arrange: async ({root}) => {
      writeMachineBackup(`${root}/lib/vz/dump`)
      return ['corral', 'backup', 'verify', `local:backup/${backupName}`]
    },
    shows: /^cat -- \/.*\.vma$/m,
  }],
  'corral backup collect': [{
    arrange: async (world) => {
      await world.before('pvesm', 'add', 'restic', 'vault', '--path', `${world.root}/vault`, '--password', 'of several words')
      return ['corral', 'backup', 'collect', 'vault']
    },
    shows: /^restic --no-cache prune --quiet$/m,
  }],
  'corral backup files extract': [{
    arrange: async ({root}) => {
      mkdirSync(`${root}/lib/vz/dump`, {recursive: true})
      writeFileSync(`${root}/lib/vz/dump/vzdump-lxc-200-2026_02_01-12_00_00.tar`, tarArchive([{name: './etc/hosts', data: 'hosts'}]))
      return ['corral', 'backup', 'files', 'extract', 'local:backup/vzdump-lxc-200-2026_02_01-12_00_00.tar', '/etc/hosts', '--target', `${root}/out`]
    },
    shows: /^# take \/etc\/hosts, to \/.*\/out$/m,
  }],
  'corral backup export': [{
    arrange: async (world) => {
      await world.before('pvesm', 'add', 'restic', 'kept', '--path', `${world.root}/repository`, '--password', 'a word')
      await keepMachine('kept', world.context)
      return ['corral', 'backup', 'export', keptVolume('kept'), `${world.root}/web.vma`]
    },
    shows: /^dd 'of=\/.*web\.vma\.part' /m,
  }],
  'corral backup job add': [{
    arrange: async () => ['corral', 'backup', 'job', 'add', 'nightly', '--schedule', 'mon..fri 22:30', '--all', '--storage', 'local', '--prune-backups', 'keep-last=3'],
    shows: /^\+vzdump: nightly$/m,
  }],
  'corral backup job set': [{
    arrange: async (world) => {
      await addBackups(world)
      return ['corral', 'backup', 'job', 'set', 'nightly', '--schedule', '23:00', '--delete', 'storage']
    },
    shows: /^\+\sschedule 23:00$/m,
  }],
  'corral backup job remove': [{
    arrange: async (world) => {
      await addBackups(world)
      return ['corral', 'backup', 'job', 'remove', 'nightly']
    },
    shows: /^-vzdump: nightly$/m,
  }],
  'corral backup job run': [{
    arrange: async (world) => {
      await addBackups(world)
      return ['corral', 'backup', 'job', 'run', 'nightly']
    },
    shows: /^vzdump 100 --storage local --job-id nightly$/m,
  }],
  'corral snapshot job add': [{
    arrange: async () => ['corral', 'snapshot', 'job', 'add', 'hourly', '--schedule', 'hourly', '--all', '--keep-hourly', '24'],
    shows: /^\+snapshot: hourly$/m,
  }],
  'corral snapshot job set': [{
    arrange: async (world) => {
      await addSnapshots(world)
      return ['corral', 'snapshot', 'job', 'set', 'hourly', '--keep-last', '3']
    },
    shows: /^\+\skeep-last 3$/m,
  }],
  'corral snapshot job remove': [{
    arrange: async (world) => {
      await addSnapshots(world)
      return ['corral', 'snapshot', 'job', 'remove', 'hourly']
    },
    shows: /^-snapshot: hourly$/m,
  }],
  'corral snapshot job run': [{
    arrange: async (world) => {
      await addSnapshots(world)
      stopClock(world)
      return ['corral', 'snapshot', 'job', 'run', 'hourly']
    },
    shows: /^qm snapshot 100 --snapname hourly-\d{8}-\d{6} --description 'made by the snapshot job hourly'$/m,
  }],
  'corral schedule run': [{
    arrange: async (world) => {
      await addSnapshots(world)
      stopClock(world)
      await world.before('corral', 'schedule', 'run')
      return ['corral', 'schedule', 'run']
    },
    shows: /^Nothing would be changed\.$/m,
  }],
  'corral schedule install': [{
    arrange: async (world) => {
      ownEtc(world)
      return ['corral', 'schedule', 'install']
    },
    shows: /^write \/etc\/cron\.d\/corral-\S+ \(\d+ bytes\)$/m,
  }],
  'corral schedule remove': [{
    arrange: async (world) => {
      ownEtc(world)
      await world.before('corral', 'schedule', 'install', '--systemd')
      return ['corral', 'schedule', 'remove']
    },
    shows: /^rm -f -- \/etc\/systemd\/system\/corral-\S+\.service\nrm -f -- \/etc\/systemd\/system\/corral-\S+\.timer$/m,
  }],
}
