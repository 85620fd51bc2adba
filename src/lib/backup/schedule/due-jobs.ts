// Which jobs are due. Pure: from jobs, what is remembered of them and the time to what has to begin.
import {parseCalendarEvent} from '../../spec/calendar/calendar-event.ts'
import {nextEvent} from '../../spec/calendar/next-event.ts'
import type {Job} from '../jobs/job-config.ts'
import type {JobState, JobStates} from './job-states.ts'

/** Somebody looks every minute; who comes this late was away. */
export const lateMs = 5 * 60_000

export interface Looked {
  /** Jobs whose time has come, in the order in which it came. */
  readonly due: readonly Job[]
  /** Their times passed while nobody looked, and they are not to be repeated. */
  readonly missed: readonly Job[]
  /** What is remembered from now on: jobs that are new or have a new schedule, and those that were missed. Of jobs that are gone only what runs. */
  readonly states: JobStates
}

/** @param jobs of any host; those of others are passed over, and so is what is switched off */
export function look(jobs: readonly Job[], before: JobStates, node: string, nowMs: number): Looked {
  const due: {job: Job; atMs: number}[] = []
  const missed: Job[] = []
  const states: Record<string, JobState> = {}
  for (const [id, state] of Object.entries(before.jobs)) {
    if (state.run !== undefined) states[id] = state
  }
  for (const job of jobs.filter((each) => each.node === undefined || each.node === node)) {
    const known = Object.hasOwn(before.jobs, job.id) ? before.jobs[job.id] : undefined
    // A job that is switched on again begins with its next time, not with one that passed meanwhile.
    const isNew = known?.schedule !== job.schedule || !job.isEnabled
    const state: JobState = isNew ? {...known, schedule: job.schedule, sinceMs: nowMs} : known
    states[job.id] = state
    if (!job.isEnabled || state.run !== undefined) continue
    const atMs = nextEvent(parseCalendarEvent(job.schedule), state.sinceMs)
    if (atMs === undefined || atMs > nowMs) continue
    if (!job.repeatsMissed && nowMs - atMs > lateMs && before.lookedMs < atMs) {
      missed.push(job)
      states[job.id] = {...state, sinceMs: nowMs}
    } else due.push({job, atMs})
  }
  due.sort((a, b) => a.atMs - b.atMs || (a.job.id < b.job.id ? -1 : 1))
  return {due: due.map(({job}) => job), missed, states: {...before, lookedMs: nowMs, jobs: states}}
}

/** When a job begins next; undefined when it never does. */
export function nextTimeOf(job: Job, state: JobState | undefined, nowMs: number): number | undefined {
  if (!job.isEnabled) return undefined
  return nextEvent(parseCalendarEvent(job.schedule), state?.schedule === job.schedule ? state.sinceMs : nowMs)
}
