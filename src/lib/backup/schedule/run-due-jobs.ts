// Runs the jobs that are due, and those that become due meanwhile: each a task of its own, a few at a time, backups one after the other. What is begun is
// remembered before it begins, so that whoever comes after a death goes on following it and begins nothing twice.
import {createHash} from 'node:crypto'
import {NotFoundError, ToolError, UnavailableError, errorChain} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'
import {readJobs} from '../jobs/job-changes.ts'
import type {Job} from '../jobs/job-config.ts'
import {problemText, readJobsFile} from '../jobs/job-config.ts'
import {taskOfJob} from '../jobs/job-task.ts'
import {look} from './due-jobs.ts'
import type {JobRun, JobState, JobStates} from './job-states.ts'
import {readJobStates, scheduleLock, writeJobStates} from './job-states.ts'

/** How often it is looked whether another job is due while some run. */
const lookEveryMs = 20_000
/** When nothing has changed, that somebody looked is remembered this often. */
const rememberLookMs = 2 * 60_000
/** The key of a task is remembered for an hour; later nobody can tell whether it was begun. */
const keyKeptMs = 50 * 60_000
/** Of sections that cannot be read. */
const tellAgainMs = 24 * 3_600_000
/** Of the log of a job that failed. */
const mostLines = 200

interface Failure { readonly id: string; readonly reason: string }

/**
 * @returns the names of the jobs that ran
 * @throws ToolError naming the jobs that failed, whose logs were told before; CancelledError, which leaves their tasks to themselves
 */
export async function runDueJobs(maxWorkers: number, context: Context): Promise<readonly string[]> {
  const held = await takeLock(context)
  if (held === undefined) return []
  try {
    const signal = AbortSignal.any([context.signal, held.lost])
    const {ran, failures} = await runAll(maxWorkers, {...context, fences: [...context.fences, held.fence], signal})
    if (failures.length > 0) throw failed(ran, failures, context)
    return ran
  } finally {
    await held.release()
  }
}

/** undefined when another process is at it, which is as it should be: backups take longer than a minute. */
async function takeLock({store, node, log}: Context) {
  try {
    return await store.lock(scheduleLock(node), {reason: 'corral schedule run', timeoutMs: 0})
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error
    log.info(error.message)
    return undefined
  }
}

async function runAll(maxWorkers: number, context: Context): Promise<{ran: string[]; failures: Failure[]}> {
  const {clock, log, signal} = context
  const stored = new StoredStates(await readJobStates(context), context)
  const running = new Map<string, Promise<void>>()
  const ran: string[] = []
  const failures: Failure[] = []
  await tellProblems(stored, context)
  const follow = (id: string, run: JobRun) => {
    ran.push(id)
    const begun = (upid: string) => stored.change(id, (state) => ({...state, run: {...run, upid}}))
    const ended = followRun(id, run, begun, context).then(async ({reason, status, upid}) => {
      if (reason !== undefined) failures.push({id, reason})
      await stored.change(id, ({schedule, sinceMs}) => ({schedule, sinceMs, last: {endedMs: clock.now(), status, ...(upid === undefined ? {} : {upid})}}))
    }).finally(() => { running.delete(id) })
    // Of several that are given up together only one is looked at.
    ended.catch(() => undefined)
    running.set(id, ended)
  }
  for (const [id, {run}] of Object.entries(stored.states.jobs)) if (run !== undefined) follow(id, run)
  for (;;) {
    signal.throwIfAborted()
    const jobs = await readJobs(context.store)
    const {due, missed, states} = look(jobs, stored.states, context.node, clock.now())
    await stored.replace(states)
    for (const job of missed) log.info(`the time of job '${job.id}' passed while nobody looked`)
    for (const job of due) {
      // What ran already begins again only beside others: else a job that lasts longer than its period would keep what went wrong from being told.
      if (running.size === 0 && ran.includes(job.id)) continue
      if (running.size >= maxWorkers || job.type === 'vzdump' && isBackupRunning(stored.states)) continue
      const run = runOf(job, clock.now())
      await stored.change(job.id, (state) => ({...state, sinceMs: run.startedMs, run}))
      follow(job.id, run)
    }
    if (running.size === 0) return {ran, failures}
    await oneOf([...running.values()], lookEveryMs, context)
  }
}

/** Sections that cannot be read never run: that is told when it is found, and once a day, not each minute. */
async function tellProblems(stored: StoredStates, {store, clock, log}: Context): Promise<void> {
  const texts = (await readJobsFile(store)).problems.map(problemText)
  const problems = createHash('sha256').update(texts.join('\n')).digest('hex')
  const {told, ...others} = stored.states
  if (texts.length === 0) {
    if (told !== undefined) await stored.tell(others)
    return
  }
  const nowMs = clock.now()
  if (told?.problems === problems && nowMs - told.atMs < tellAgainMs) return
  for (const text of texts) log.warn(`a job is left out: ${text}`)
  await stored.tell({...others, told: {problems, atMs: nowMs}})
}

function isBackupRunning({jobs}: JobStates): boolean {
  return Object.values(jobs).some(({run}) => run?.command === 'vzdump')
}

function runOf(job: Job, nowMs: number): JobRun {
  const {command, params} = taskOfJob(job)
  return {key: createHash('sha256').update(`${job.type} ${job.id} ${nowMs}`).digest('hex'), command, params, startedMs: nowMs}
}

/** Until one has ended, or it is time to look again. */
async function oneOf(promises: readonly Promise<void>[], limitMs: number, {clock, signal}: Context): Promise<void> {
  const waiting = new AbortController()
  try {
    const time = clock.sleep(limitMs, AbortSignal.any([signal, waiting.signal]))
    time.catch(() => undefined)
    await Promise.race([...promises, time])
  } finally {
    waiting.abort()
  }
}

/** Starts the task, unless it was started before, and follows it to its end. */
async function followRun(id: string, run: JobRun, begun: (upid: string) => Promise<void>, context: Context): Promise<{reason: string | undefined; status: string; upid: string | undefined}> {
  const {followTask, taskError} = await import('../../tasks/follow-task.ts')
  const {log, signal, clock} = context
  const lines: string[] = []
  let upid: string | undefined
  try {
    if (clock.now() - run.startedMs > keyKeptMs && run.upid === undefined) throw new NotFoundError('nobody knows whether it was begun: the schedule was interrupted')
    upid = run.upid ?? await context.startTask(run.command, run.params, run.key)
    if (run.upid === undefined) await begun(upid)
    log.info(`job '${id}': ${upid}`)
    const line = (text: string) => {
      lines.push(text)
      if (lines.length > mostLines) lines.shift()
    }
    const end = await followTask(upid, context, {line, progress: () => undefined}, {signal})
    const error = taskError(upid, end)
    if (error === undefined) return {reason: undefined, status: end.status, upid}
    report(id, errorChain(error), lines, upid, log)
    return {reason: error.message, status: error.message, upid}
  } catch (error) {
    if (signal.aborted) throw error
    report(id, errorChain(error), lines, upid, log)
    const reason = errorChain(error)[0] ?? 'unknown'
    return {reason, status: reason, upid}
  }
}

/** All that somebody has to know who reads a mail of cron's. */
function report(id: string, sentences: readonly string[], lines: readonly string[], upid: string | undefined, log: Context['log']): void {
  log.warn(`job '${id}' failed: ${sentences.join(': ')}`)
  const tell = (line: string) => { (log.notice ?? log.warn)(line) }
  if (upid !== undefined) tell(`  ${upid}`)
  for (const line of lines) tell(`  ${line}`)
}

function failed(ran: readonly string[], failures: readonly Failure[], {node}: Context): ToolError {
  const names = failures.map(({id}) => id).sort()
  return new ToolError(`${names.length} of ${ran.length} jobs failed: ${names.join(', ')}`, {
    host: node, argv: ['corral schedule run'], exitCode: null, stderr: failures.map(({id, reason}) => `${id}: ${reason}`).join('\n'),
    data: {jobs: names}, nextSteps: ['Their logs stand above: pvenode task list --errors 1 has them as well'],
  })
}

/** The states of this run and those in the store, which are the same but for the times at which nothing was found. */
class StoredStates {
  states: JobStates
  readonly #context: Context
  #writing: Promise<void> = Promise.resolve()

  constructor(states: JobStates, context: Context) {
    this.states = states
    this.#context = context
  }

  async replace(states: JobStates): Promise<void> {
    const isWithout = Object.keys(states.jobs).length === 0 && Object.keys(this.states.jobs).length === 0
    const isSame = isWithout || JSON.stringify(states.jobs) === JSON.stringify(this.states.jobs) && states.lookedMs - this.states.lookedMs < rememberLookMs
    if (!isSame) await this.#write(states)
  }

  async change(id: string, to: (state: JobState) => JobState): Promise<void> {
    const state = this.states.jobs[id]
    if (state !== undefined) await this.#write({...this.states, jobs: {...this.states.jobs, [id]: to(state)}})
  }

  async tell(states: JobStates): Promise<void> {
    await this.#write(states)
  }

  /** One after the other, so that the last one stays. */
  async #write(states: JobStates): Promise<void> {
    this.states = states
    this.#writing = this.#writing.then(() => writeJobStates(states, this.#context))
    await this.#writing
  }
}
