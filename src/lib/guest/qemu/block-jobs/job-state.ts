// What QEMU says of its jobs, bounded and typed, and waiting for one to come to a certain point. A QMP socket serves one client at a
// time, so nobody stays connected while a job runs for hours: each look is a connection of its own.
import {UnavailableError} from '../../../base/index.ts'
import type {Context} from '../../../tasks/index.ts'
import type {QmpClient} from '../qmp/index.ts'
import {withQmp} from '../qmp/index.ts'
import {guestPaths} from '../runtime/sockets.ts'

export interface JobState {
  readonly id: string
  /** QEMU's JobStatus: `running`, `ready`, `concluded`, … */
  readonly status: string
  readonly doneBytes: number
  readonly totalBytes: number
  /** Why it failed, once it is concluded. */
  readonly error?: string
}

/** Pure: the answer to query-jobs. What is no job in it is left out. */
export function readJobs(answer: unknown): readonly JobState[] {
  if (!Array.isArray(answer)) return []
  return answer.flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null) return []
    const {id, status, error, 'current-progress': done, 'total-progress': total} = item as Record<string, unknown>
    if (typeof id !== 'string' || typeof status !== 'string') return []
    return [{id, status, doneBytes: count(done), totalBytes: count(total), ...(typeof error === 'string' ? {error: error.slice(0, 500)} : {})}]
  })
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : 0
}

/** Over before it was ready, or as it should be; the error says which. */
export function isOver({status}: JobState): boolean {
  return status === 'concluded' || status === 'null'
}

export type MonitorContext = Pick<Context, 'host' | 'places' | 'signal' | 'clock'>

/** One connection to the guest's QEMU for a few commands. */
export function onMonitor<T>(vmid: number, context: Pick<Context, 'host' | 'places' | 'signal'>, work: (client: QmpClient) => Promise<T>): Promise<T> {
  return withQmp(context.host, guestPaths(context.places, vmid).qmp, {signal: context.signal, handshakeTimeoutMs: 30_000, commandTimeoutMs: 60_000}, work)
}

const shortestPauseMs = 20
const longestPauseMs = 1000

/**
 * Looks again and again until `isReached` says so of the jobs with these ids.
 * @returns the jobs as they were then; those that are not there are left out
 * @throws UnavailableError when the limit is over, CancelledError, and as QMP does when QEMU is gone
 */
export async function waitForJobs(
  vmid: number, ids: readonly string[], isReached: (jobs: readonly JobState[]) => boolean, limitMs: number, context: MonitorContext,
): Promise<readonly JobState[]> {
  const deadline = context.clock.monotonicMs() + limitMs
  for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const jobs = await ownJobs(vmid, ids, context)
    if (isReached(jobs)) return jobs
    if (context.clock.monotonicMs() > deadline) throw new UnavailableError(`the copying of the disks of virtual machine ${vmid} did not come to its end within ${Math.round(limitMs / 1000)} s`)
    await context.clock.sleep(pauseMs, context.signal)
  }
}

/** The jobs with these ids as they are now. */
export async function ownJobs(vmid: number, ids: readonly string[], context: MonitorContext): Promise<readonly JobState[]> {
  const answer = await onMonitor(vmid, context, (client) => client.execute('query-jobs'))
  return readJobs(answer).filter(({id}) => ids.includes(id))
}
