// A run of backups: the guests one after the other, each by a plan of its own; the script around them; the report. One that fails stops no other.
import {AppError, errorChain} from '../../../base/index.ts'
import type {Action, Context, Foreseen} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import {archivePlace, makePlaceReady} from '../archive-place.ts'
import type {ScriptCall} from '../call-script.ts'
import {callScript, scriptArgv} from '../call-script.ts'
import {compressorOf} from '../compressor.ts'
import type {BackupOutcome, Run} from '../guest-backup.ts'
import {backUpGuest, foreseeGuest} from '../guest-backup.ts'
import type {JobOptions} from '../job-options.ts'
import {callsIn} from '../job-script.ts'
import {mailReport} from '../mail-report.ts'
import type {RunReport} from '../report.ts'

export interface BackupRun extends Action {
  readonly kind: 'backup.run'
  readonly job: JobOptions
  /** The folder of the archives. */
  readonly folder: string
  /** The storage keeps no archives. */
  readonly isRepository?: boolean
  readonly guests: readonly number[]
  readonly toStdout: boolean
}

export const run = defineAction<BackupRun>({
  kind: 'backup.run',
  // What fails is told to the script here; its undo tells of a death.
  takesBackItself: true,
  describe: (action) => {
    const {guests, job, toStdout, folder, isRepository} = action
    return [...told(action, ['job-init', 'job-start']), `# back up ${guests.join(', ')} in mode ${job.mode}, into ${toStdout ? 'standard output' : isRepository === true ? `the repository of storage '${job.storage ?? ''}'` : folder}`]
  },
  foresee: async (action, context) => {
    const parts = await runOf(action, context)
    const end = told(action, ['job-end'])
    const guests = await Promise.all(action.guests.map(async (vmid): Promise<Foreseen> => {
      try {
        return {about: `guest ${vmid}`, ...await foreseeGuest(vmid, parts, context)}
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        return {about: `guest ${vmid}`, lines: [], refusal: errorChain(error).join(': ')}
      }
    }))
    return [...guests, ...end.length === 0 ? [] : [{about: 'the end', lines: end}]]
  },
  run: runAll,
})

function told(action: BackupRun, phases: readonly string[]): string[] {
  return callsIn(action).filter(({phase}) => phases.includes(phase)).map((call) => commandLine(scriptArgv(call)))
}

/** @throws AppError when a guest's backup, or the run as a whole, has failed; CancelledError */
async function runAll(action: BackupRun, context: Context): Promise<void> {
  const startedMs = context.clock.monotonicMs()
  const outcomes: BackupOutcome[] = []
  const report = (failure?: string): RunReport => ({node: context.node, outcomes, seconds: Math.round((context.clock.monotonicMs() - startedMs) / 1000), ...(failure === undefined ? {} : {failure})})
  const call = async (phase: ScriptCall['phase'], own: Context, isLenient = false) => {
    for (const one of callsIn(action)) if (one.phase === phase) await callScript(isLenient ? {...one, isLenient} : one, own)
  }
  try {
    await call('job-init', context)
    const parts = await runOf(action, context)
    if (!action.toStdout) await makePlaceReady(parts.place, context)
    await call('job-start', context)
    for (const vmid of action.guests) outcomes.push(await backUpGuest(vmid, parts, context))
    await call('job-end', context)
  } catch (error) {
    const patient = {...context, signal: new AbortController().signal}
    await call('job-abort', patient, true)
    await mailReport(action.job, report(errorChain(error).join(': ')), patient)
    throw error
  }
  await mailReport(action.job, report(), context)
  const failure = failureOf(outcomes)
  if (failure !== undefined) throw failure
}

async function runOf({job, toStdout}: BackupRun, context: Context): Promise<Run> {
  const threads = job.compress === 'zstd' && job.zstd === 0 || job.compress === 'gzip' && job.pigz === 1 ? Number((await context.host.run(['nproc'])).stdout) : 1
  const place = toStdout ? {folder: job.tmpDir ?? '/var/tmp'} : await archivePlace(job, context)
  return {job, place, compressor: compressorOf(job, threads), toStdout}
}

/** One guest's failure is the run's; of several the caller is told which. */
function failureOf(outcomes: readonly BackupOutcome[]): AppError | undefined {
  const failed = outcomes.filter(({isDone}) => !isDone)
  const [first] = failed
  if (first === undefined) return undefined
  if (outcomes.length === 1) {
    const {error} = first
    return error instanceof AppError ? error : new AppError('internal', `the backup of guest ${first.vmid} failed`, {cause: error})
  }
  return new AppError('tool', `${failed.length} of ${outcomes.length} backups failed: ${failed.map(({vmid, error}) => `${vmid} (${errorChain(error)[0] ?? 'unknown failure'})`).join('; ')}`, {
    data: {failed: failed.map(({vmid}) => vmid), done: outcomes.filter(({isDone}) => isDone).map(({vmid}) => vmid)},
  })
}
