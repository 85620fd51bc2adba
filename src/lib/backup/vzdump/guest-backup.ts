// The backup of one guest as part of a run: its plan under the lock of the guest, and how it went. What fails here fails this guest alone.
import {AppError, errorChain, nextStepsOf} from '../../base/index.ts'
import {findGuest, guestLockName, loadBackupType, readGuestOf} from '../../guest/backup/index.ts'
import type {BackupMode, GuestFile} from '../../guest/backup/index.ts'
import {parseVolumeId} from '../../storage/index.ts'
import {renderBytes} from '../../spec/render.ts'
import type {ChangeHandler, Context} from '../../tasks/index.ts'
import {handleChange, runHandler} from '../../tasks/index.ts'
import type {ArchivePlace} from './archive-place.ts'
import {archiveNames, freeStem, isRepository} from './archive-place.ts'
import {callScript} from './call-script.ts'
import {spec} from './commands/vzdump.spec.ts'
import type {Compressor} from './compressor.ts'
import type {GuestLog} from './guest-log.ts'
import {guestLog} from './guest-log.ts'
import type {JobOptions} from './job-options.ts'
import type {GuestBackup, PlannedBackup} from './plan-guest.ts'
import {backupWish, factsOf, guestName, planGuest, scriptCalls, scriptEnvironment} from './plan-guest.ts'

/** What the backups of a run have in common. */
export interface Run {
  readonly job: JobOptions
  readonly place: ArchivePlace
  readonly compressor: Compressor
  readonly toStdout: boolean
}

/** How the backup of a guest went. */
export interface BackupOutcome {
  readonly vmid: number
  readonly type?: 'lxc' | 'qemu'
  readonly name: string
  readonly isDone: boolean
  readonly seconds: number
  readonly archive?: string
  readonly sizeBytes?: number
  readonly error?: unknown
  readonly log: string
}

/** How long somebody else may take who works on the guest. */
const guestLockMs = 60_000

/** @throws CancelledError alone; every other failure is in the outcome */
export async function backUpGuest(vmid: number, run: Run, context: Context): Promise<BackupOutcome> {
  const log = guestLog(context.log, context.clock)
  const startedMs = context.clock.monotonicMs()
  const seconds = (): number => Math.round((context.clock.monotonicMs() - startedMs) / 1000)
  const own = {...context, log}
  let turn: Turn | undefined
  try {
    turn = await prepareTurn(vmid, run, own)
    const {name, backup, guest} = turn
    const {type, noun} = backup.type.kind
    const {target} = factsOf(backup, guest)
    log.info(`backup of ${noun} ${vmid} (${name}) begins, into ${run.toStdout ? 'standard output' : target}`)
    await runHandler(turn.handler, {vmid: String(vmid)}, own)
    const sizeBytes = run.toStdout ? undefined : await sizeOf(target, run, context)
    log.info(`backup of ${noun} ${vmid} is done in ${seconds()} s${sizeBytes === undefined ? '' : `: ${renderBytes(sizeBytes)}`}`)
    await keepLog(turn, run, log, own)
    return {vmid, type, name, isDone: true, seconds: seconds(), log: log.text(), ...(run.toStdout ? {} : {archive: target}), ...(sizeBytes === undefined ? {} : {sizeBytes})}
  } catch (error) {
    log.error(`backup of guest ${vmid} failed: ${errorChain(error).join(': ')}`)
    for (const step of nextStepsOf(error)) log.info(step)
    if (turn !== undefined) await afterFailure(turn, run, log, own)
    if (error instanceof AppError && error.kind === 'cancelled') throw error
    return {vmid, name: turn?.name ?? '', isDone: false, seconds: seconds(), error, log: log.text(), ...(turn === undefined ? {} : {type: turn.backup.type.kind.type})}
  }
}

/** What it takes as a file, or what it holds where it is none. */
async function sizeOf(target: string, {place: {storage}}: Run, {host}: Context): Promise<number | undefined> {
  if (storage?.repository === undefined) return (await host.files.stat(target))?.sizeBytes
  return (await storage.volume(parseVolumeId(target))).sizeBytes
}

/** What the backup of a guest would do now, for a dry run. @throws AppError */
export async function foreseeGuest(vmid: number, run: Run, context: Context): Promise<{readonly plan: PlannedBackup['plan']; readonly lines: readonly string[]}> {
  const turn = await prepareTurn(vmid, run, context)
  const outcome = await runHandler(turn.handler, {vmid: String(vmid)}, context, {dryRun: true})
  return outcome.outcome === 'planned' ? outcome : {plan: {steps: [], whenInterrupted: 'undo'}, lines: []}
}

interface Turn {
  readonly backup: GuestBackup
  readonly guest: GuestFile
  readonly name: string
  readonly names: ReturnType<typeof archiveNames>
  readonly handler: ChangeHandler<typeof spec.params>
  /** How it is done really. Undefined until it is planned, and with that the script's phases are begun. */
  readonly takenMode: () => BackupMode | undefined
}

/** @throws NotFoundError */
async function prepareTurn(vmid: number, run: Run, context: Context): Promise<Turn> {
  const found = await findGuest(vmid, context.store)
  const type = await loadBackupType(found?.type ?? 'qemu')
  const guest = await readGuestOf(type.kind, vmid, context)
  const backup: GuestBackup = {...run, type, ...await freeStem(type.kind.type, vmid, run.place, context)}
  let takenMode: BackupMode | undefined
  const handler = handleChange(spec, {
    locks: async (_params, own) => [guestLockName(vmid), ...await type.locks(guest, backupWish(backup, guest, own.node), own)],
    lockTimeoutMs: guestLockMs,
    plan: async (_params, own) => {
      const {plan, remarks, mode} = await planGuest(backup, await readGuestOf(type.kind, vmid, own), own)
      for (const line of remarks) own.log.info(line)
      takenMode = mode
      return plan
    },
  })
  return {backup, guest, name: guestName(guest, type.kind.type), names: archiveNames(backup.stem, type.archiveFormat, run.compressor.suffix), handler, takenMode: () => takenMode}
}

/** A script that was never told of the beginning is told of the failure all the same; in a plan that was begun its undo did that. */
async function afterFailure(turn: Turn, run: Run, log: GuestLog, context: Context): Promise<void> {
  const patient = {...context, signal: new AbortController().signal}
  if (turn.takenMode() === undefined) for (const call of callsOf(turn, run, 'backup-abort')) await callScript({...call, isLenient: true}, patient)
  await keepLog(turn, run, log, patient)
}

function callsOf({backup, guest, takenMode}: Turn, {job, place}: Run, phase: 'backup-abort' | 'log-end') {
  const env = scriptEnvironment(job, place.folder, factsOf(backup, guest))
  return scriptCalls({...job, mode: takenMode() ?? job.mode}, env, guest.vmid, phase)
}

/** Beside the archive, also where there is none; of backups that are no files it is in the log of the task alone. */
async function keepLog(turn: Turn, run: Run, log: GuestLog, context: Context): Promise<void> {
  if (run.toStdout) return
  if (isRepository(run.place)) return logEnds(turn, run, context)
  try {
    await context.host.files.write(`${run.place.folder}/${turn.names.log}`, log.text(), {mode: 0o644, durable: false})
  } catch (error) {
    log.warn(`the log could not be kept: ${errorChain(error).join(': ')}`)
  }
  await logEnds(turn, run, context)
}

async function logEnds(turn: Turn, run: Run, context: Context): Promise<void> {
  for (const call of callsOf(turn, run, 'log-end')) await callScript({...call, isLenient: true}, context)
}

