// What the schedule remembers of the jobs of a host: since when it looks for their next time, what of them runs, and how they ended. One file of the
// store; whoever writes it holds the schedule's lock.
import type {Store} from '../../store/index.ts'
import type {Context} from '../../tasks/index.ts'

/** A task that was begun, or is about to be. */
export interface JobRun {
  /** Whoever starts the task again with it gets the same one. */
  readonly key: string
  readonly command: string
  readonly params: Readonly<Record<string, unknown>>
  readonly startedMs: number
  /** Absent until the task has said that it is there. */
  readonly upid?: string
}

export interface JobEnd {
  readonly endedMs: number
  /** As in a task's log: `OK`, `WARNINGS: 2`, or what went wrong. */
  readonly status: string
  readonly upid?: string
}

export interface JobState {
  /** With another schedule the job is as good as new. */
  readonly schedule: string
  /** Its next time is later than this. */
  readonly sinceMs: number
  readonly run?: JobRun
  readonly last?: JobEnd
}

export interface JobStates {
  /** When somebody last looked which jobs are due. */
  readonly lookedMs: number
  /** What could not be read of the jobs, and when it was told last. */
  readonly told?: {readonly problems: string; readonly atMs: number}
  readonly jobs: Readonly<Record<string, JobState>>
}

export const noStates: JobStates = {lookedMs: 0, jobs: {}}

export function jobStatesPath(node: string): string {
  return `nodes/${node}/job-states.json`
}

/** Where only one process of a host is at work. */
export function scheduleLock(node: string): string {
  return `schedule/${node}`
}

export async function readJobStates({store, node}: {readonly store: Pick<Store, 'read'>; readonly node: string}): Promise<JobStates> {
  return parseJobStates((await store.read(jobStatesPath(node)))?.data ?? '')
}

/** @throws ConflictError when the schedule's lock was lost */
export async function writeJobStates(states: JobStates, {store, node, fences}: Pick<Context, 'store' | 'node' | 'fences'>): Promise<void> {
  await store.commit({put: {[jobStatesPath(node)]: formatJobStates(states)}, fences})
}

/** What cannot be read is forgotten: then jobs begin at their next time. Pure. */
export function parseJobStates(text: string): JobStates {
  try {
    const read: unknown = JSON.parse(text)
    if (!isRecord(read) || !isRecord(read['jobs'])) return noStates
    const jobs = Object.entries(read['jobs']).flatMap(([id, state]) => isState(state) ? [[id, state] as const] : [])
    const {lookedMs, told} = read
    const isTold = isRecord(told) && typeof told['problems'] === 'string' && typeof told['atMs'] === 'number'
    return {lookedMs: typeof lookedMs === 'number' ? lookedMs : 0, ...(isTold ? {told: told as unknown as JobStates['told'] & object} : {}), jobs: Object.fromEntries(jobs)}
  } catch (error) {
    if (error instanceof SyntaxError) return noStates
    throw error
  }
}

export function formatJobStates(states: JobStates): string {
  return `${JSON.stringify(states)}\n`
}

function isState(value: unknown): value is JobState {
  if (!isRecord(value) || typeof value['schedule'] !== 'string' || typeof value['sinceMs'] !== 'number') return false
  const {run, last} = value
  const isRun = run === undefined || isRecord(run) && typeof run['key'] === 'string' && typeof run['command'] === 'string' && isRecord(run['params']) && typeof run['startedMs'] === 'number'
  const isEnd = last === undefined || isRecord(last) && typeof last['endedMs'] === 'number' && typeof last['status'] === 'string'
  return isRun && isEnd
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
