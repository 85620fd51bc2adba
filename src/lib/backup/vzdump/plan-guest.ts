// The plan of one guest's backup: the lock in its configuration, the script, what its type does, and the archive's name. Whatever fails before the archive has
// its name is taken back, and nothing is left; from there on the rest is finished.
import type {BackupMode, BackupType, BackupWish, GuestFile} from '../../guest/backup/index.ts'
import {assertNotLockedOf, configPathOf, loadFormatter, writeKey} from '../../guest/backup/index.ts'
import type {Action, Context, Plan, Step} from '../../tasks/index.ts'
import {storeCommitStep} from '../../tasks/index.ts'
import type {ArchiveNames, ArchivePlace, BackupStem} from './archive-place.ts'
import {archiveNames, isRepository, targetName} from './archive-place.ts'
import type {ScriptCall, ScriptEnvironment, ScriptPhase} from './call-script.ts'
import type {Compressor} from './compressor.ts'
import type {JobOptions} from './job-options.ts'
import {notesOf} from './notes.ts'
import {pruneActions} from './prune-after.ts'

export interface GuestBackup extends BackupStem {
  readonly job: JobOptions
  readonly type: BackupType
  readonly place: ArchivePlace
  readonly compressor: Compressor
  readonly toStdout: boolean
}

/** What is known of the guest when it has its turn. */
export interface PlannedBackup {
  readonly plan: Plan
  /** How it is done really. */
  readonly mode: BackupMode
  readonly remarks: readonly string[]
}

/** What is asked of the guest's type. */
export function backupWish(backup: GuestBackup, guest: GuestFile, node: string): BackupWish {
  const {job, type, place: {folder}, compressor, stem, toStdout} = backup
  const names = archiveNames(stem, type.archiveFormat, compressor.suffix)
  const {fleecing} = job
  const repository = repositoryTarget(backup, guest, node)
  return {
    mode: job.mode,
    archive: {
      path: toStdout ? '-' : `${folder}/${names.unfinished}`, ionice: job.ionice,
      ...(compressor.argv === undefined ? {} : {compressor: compressor.argv}), ...(job.bwlimitKib === 0 ? {} : {bandwidthKib: job.bwlimitKib}),
    },
    ...(repository === undefined ? {} : {repository}),
    performance: job.performance, fleecing: fleecing === undefined ? undefined : {storage: fleecing.storage},
    excludePaths: job.excludePaths, stdExcludes: job.stdExcludes,
    temporaryFolder: `${job.tmpDir ?? (toStdout ? '/var/tmp' : folder)}/${stem}.tmp`, stopWaitMinutes: job.stopWaitMinutes,
    hook: (phase, mode) => scriptCalls({...job, mode}, scriptEnvironment(job, folder, factsOf(backup, guest)), guest.vmid, phase).map((call) => ({do: call})),
  }
}

/** Pure: what the script is told of the guest. */
export function factsOf({type, place, compressor, stem, takenAtMs, toStdout}: GuestBackup, guest: GuestFile): GuestFacts {
  const names = archiveNames(stem, type.archiveFormat, compressor.suffix)
  const target = toStdout ? '-' : targetName(place, {type: type.kind.type, vmid: guest.vmid, takenAtMs}, names.archive)
  return {type: type.kind.type, guest, target, ...(isRepository(place) ? {} : {log: `${place.folder}/${names.log}`})}
}

function repositoryTarget({job, type, place, takenAtMs, toStdout}: GuestBackup, guest: GuestFile, node: string): BackupWish['repository'] {
  if (toStdout || !isRepository(place) || job.storage === undefined) return undefined
  const notes = notesFor(job, guest, type.kind.type, node)
  return {
    storage: job.storage, takenAtMs, isProtected: job.isProtected, ...(notes === undefined ? {} : {notes}),
    ...(job.bwlimitKib === 0 ? {} : {bandwidthKib: job.bwlimitKib}),
  }
}

/** @throws AppError for what keeps the guest from being backed up */
export async function planGuest(backup: GuestBackup, guest: GuestFile, context: Context): Promise<PlannedBackup> {
  const {job, type, place, toStdout, compressor, stem} = backup
  const {vmid, config, file} = guest
  assertNotLockedOf(type.kind, guest)
  const wish = backupWish(backup, guest, context.node)
  const {mode, modeReason, remarks, steps, afterwards = []} = await type.prepare(guest, wish, context)
  const names = archiveNames(stem, type.archiveFormat, compressor.suffix)
  const env = scriptEnvironment(job, place.folder, factsOf(backup, guest))
  const call = (phase: ScriptPhase) => scriptCalls({...job, mode}, env, vmid, phase)
  const path = configPathOf(type.kind, context.node, vmid)
  const lockedText = (await loadFormatter(type.kind.type))(writeKey(config, 'lock', 'backup'))
  // In a repository the last thing that is written makes it a backup.
  const publish = toStdout || wish.repository !== undefined ? [] : [publishStep(backup, guest, names, context.node)]
  const prune = toStdout ? [] : await pruneActions(job, {vmid, type: type.kind.type, fileName: names.archive, takenAtMs: backup.takenAtMs, isProtected: job.isProtected}, place, context)
  const [abort] = scriptCalls({...job, mode}, env, vmid, 'backup-abort')
  const plan: Plan = {
    steps: [
      storeCommitStep([{path, was: file, text: lockedText}]),
      ...call('backup-start').map((start): Step => ({do: start, ...(abort === undefined ? {} : {undo: {...abort, isLenient: true}})})),
      ...steps, ...publish,
    ],
    afterwards: [storeCommitStep([{path, was: {data: lockedText}, text: file.data}]).do, ...afterwards, ...prune, ...call('backup-end')],
    whenInterrupted: 'undo',
    result: {mode},
  }
  return {plan, mode, remarks: [...modeReason === undefined ? [] : [`mode ${mode} in place of ${job.mode}: ${modeReason}`], ...remarks]}
}

/** The name of a guest, as its own configuration says it. */
export function guestName({vmid, config}: GuestFile, type: 'lxc' | 'qemu'): string {
  const {name, hostname} = config.current.values
  return (type === 'qemu' ? name : hostname) ?? (type === 'qemu' ? `VM ${vmid}` : `CT ${vmid}`)
}

function publishStep({job, place: {folder}, type}: GuestBackup, guest: GuestFile, {archive, unfinished}: ArchiveNames, node: string): Step {
  const notes = notesFor(job, guest, type.kind.type, node)
  const [from, to] = [`${folder}/${unfinished}`, `${folder}/${archive}`]
  const publish: Action = {kind: 'backup.publish', from, to, ...(notes === undefined || notes === '' ? {} : {notes}), ...(job.isProtected ? {isProtected: true} : {})}
  return {do: publish, undo: {kind: 'backup.unpublish', from, to}}
}

function notesFor({notesTemplate}: JobOptions, guest: GuestFile, type: 'lxc' | 'qemu', node: string): string | undefined {
  return notesTemplate === undefined ? undefined : notesOf(notesTemplate, {cluster: node, guestname: guestName(guest, type), node, vmid: guest.vmid})
}

/** The call of the script in a phase; none where there is none. */
export function scriptCalls({script, mode}: Pick<JobOptions, 'script' | 'mode'>, env: ScriptEnvironment, vmid: number, phase: ScriptPhase): ScriptCall[] {
  return script === undefined ? [] : [{kind: 'backup.call-script', script, phase, guest: {mode, vmid}, env}]
}

export interface GuestFacts { readonly type: 'lxc' | 'qemu'; readonly guest: GuestFile; readonly target: string; readonly log?: string }

/** What the script finds in its environment. */
export function scriptEnvironment({storage}: Pick<JobOptions, 'storage'>, folder: string, about?: GuestFacts): ScriptEnvironment {
  return {
    DUMPDIR: folder, ...(storage === undefined ? {} : {STOREID: storage}),
    ...(about === undefined ? {} : {VMTYPE: about.type, HOSTNAME: guestName(about.guest, about.type), TARGET: about.target, ...(about.log === undefined ? {} : {LOGFILE: about.log})}),
  }
}
