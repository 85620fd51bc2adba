// The backup of a container, as plans of `vzdump` put it among their steps. It looks at storages and at whether the container runs, and changes nothing. How one that
// runs is held: shut down until the archive is written (stop), frozen while the last of a copy of its files is made (suspend), or while its volumes get
// snapshots, which are archived (snapshot). One that does not run is archived as it is.
import {UnsupportedError, errorChain} from '../../../base/index.ts'
import type {Action, Context, Step} from '../../../tasks/index.ts'
import type {BackupParts, BackupWish} from '../../backup/backup-type.ts'
import type {GuestFile} from '../../guest-files.ts'
import {snapshotVolumes, storagesOf} from '../../snapshots/snapshot-volumes.ts'
import {idMapOf} from '../config/index.ts'
import {requireSubordinateIds} from '../facts/subordinate-ids.ts'
import {endOfRun} from '../runtime/end-steps.ts'
import {planLaunch} from '../runtime/plan-launch.ts'
import {monitorOf} from '../runtime/status.ts'
import {holdSteps} from '../snapshots/hold.ts'
import {snapshotStep} from '../snapshots/plans.ts'
import {requireRsync} from './actions/copy-tree.ts'
import {backedUpPoints} from './backed-up-points.ts'
import type {BackupSource, BackupSpaceWish} from './backup-space.ts'
import {readExcludes} from './excludes.ts'
import type {Excludes} from './excludes.ts'

/** As Proxmox VE calls it. */
const snapshotName = 'vzdump'

interface Subject {
  readonly guest: GuestFile
  readonly wish: BackupWish
  readonly reads: Omit<BackupSpaceWish, 'source'>
  readonly excludes: Excludes
}

/** As BackupType.prepare. */
export async function prepare(guest: GuestFile, wish: BackupWish, context: Context): Promise<BackupParts> {
  const {vmid, config: {current}} = guest
  const excludes = readExcludes(wish.excludePaths, wish.stdExcludes)
  const {included, paths, remarks} = backedUpPoints(current.values)
  const map = idMapOf(current)
  await requireSubordinateIds(map, context.host)
  const points = included.map(({key, source, path}) => ({key, volume: source, path}))
  const subject: Subject = {guest, wish, excludes, reads: {vmid, map, points, hidden: paths}}
  if (await monitorOf(vmid, context) === undefined) {
    const modeReason = wish.mode === 'stop' ? {} : {modeReason: 'the container does not run'}
    return {mode: 'stop', ...modeReason, remarks, steps: [archiveStep(subject, {type: 'volumes'})]}
  }
  if (wish.mode === 'stop') return {mode: 'stop', remarks, steps: await stoppedSteps(subject, context)}
  if (wish.mode === 'suspend') return {mode: 'suspend', remarks, ...await suspendedSteps(subject, context)}
  try {
    return {mode: 'snapshot', remarks, ...await snapshotSteps(subject, context)}
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error
    return {mode: 'suspend', modeReason: errorChain(error).join(': '), remarks, ...await suspendedSteps(subject, context)}
  }
}

function archiveStep({wish: {archive, repository}, reads, excludes}: Subject, source: BackupSource): Step {
  const {path} = archive
  if (repository !== undefined) {
    return {
      do: {kind: 'lxc.archive', ...reads, source, excludes, target: archive, repository},
      undo: {kind: 'repository.forget-backup', storage: repository.storage, guestType: 'lxc', vmid: reads.vmid, takenAtMs: repository.takenAtMs},
    }
  }
  return {do: {kind: 'lxc.archive', ...reads, source, excludes, target: archive}, ...(path === '-' ? {} : {undo: {kind: 'file.remove', path}})}
}

/** What waits in its configuration goes on waiting: the configuration is locked meanwhile. */
async function stoppedSteps(subject: Subject, context: Context): Promise<Step[]> {
  const {guest, wish: {hook, stopWaitMinutes}, reads: {vmid}} = subject
  const {steps, afterwards} = await planLaunch(vmid, guest.config.current, false, context)
  const again: Action = {kind: 'lxc.start-again', vmid, launch: [...steps.map((step) => step.do), ...afterwards]}
  const ending = await endOfRun(guest, context, {timeoutMs: stopWaitMinutes * 60_000, forceStop: true})
  return [
    ...hook('pre-stop', 'stop'), ...ending.map((step) => step.do.kind === 'lxc.shut-down' ? {...step, undo: again} : step),
    archiveStep(subject, {type: 'volumes'}),
    ...hook('pre-restart', 'stop'), {do: again}, ...hook('post-restart', 'stop'),
  ]
}

async function suspendedSteps(subject: Subject, context: Context): Promise<Pick<BackupParts, 'steps' | 'afterwards'>> {
  const {guest, wish: {hook, temporaryFolder: path}, reads, excludes} = subject
  await requireRsync(context)
  const hold = await holdSteps(guest, context)
  const copy = (isFirst: boolean): Step => ({do: {kind: 'lxc.copy-tree', ...reads, source: {type: 'live'}, excludes, folder: path, isFirst}})
  const gone: Action = {kind: 'lxc.remove-folder', path}
  return {
    steps: [
      {do: {kind: 'lxc.make-folder', path}, undo: gone},
      copy(true), ...hook('pre-stop', 'suspend'), ...hold.freeze, copy(false), ...hook('pre-restart', 'suspend'), ...hold.thaw, ...hook('post-restart', 'suspend'),
      archiveStep(subject, {type: 'folder', path}),
    ],
    afterwards: [gone],
  }
}

/** @throws UnsupportedError naming the volumes that cannot have snapshots */
async function snapshotSteps(subject: Subject, context: Context): Promise<Pick<BackupParts, 'steps' | 'afterwards'>> {
  const {guest, wish: {hook}, reads: {vmid, points}} = subject
  const wanted = {noun: 'volume', volumes: points.map(({key, volume}) => ({key, file: volume})), advice: []}
  const volumes = await snapshotVolumes(wanted, {what: 'create', name: snapshotName}, context)
  const leaving = await snapshotVolumes(wanted, {what: 'remove', name: snapshotName}, context)
  const hold = await holdSteps(guest, context)
  return {
    steps: [
      {do: {kind: 'guest.make-storages-ready', storages: storagesOf(volumes.map(({volume}) => volume))}},
      ...hook('pre-stop', 'snapshot'), ...hold.freeze, ...volumes.map((volume) => snapshotStep(vmid, snapshotName, volume)), ...hook('pre-restart', 'snapshot'), ...hold.thaw, ...hook('post-restart', 'snapshot'),
      archiveStep(subject, {type: 'volumes', snapshot: snapshotName}),
    ],
    afterwards: leaving.map(({volume, commands}) => ({kind: 'guest.drop-snapshot', vmid, name: snapshotName, volume, force: true, commands})),
  }
}
