// The snapshots of a job: how they are called, which of a guest's are the job's, and which it gives up. Pure.
import type {Retention} from '../../storage/prune/retention.ts'
import {keptByRetention} from '../../storage/prune/retention.ts'

/** What of a snapshot's section is looked at. */
export interface KnownSnapshot { readonly name: string; readonly description: string | undefined; readonly timeSeconds: number | undefined }

/** `nightly-20260131-221500`: the job, and when it began in local time, as the names of backups have it. */
export function snapshotNameOf(job: string, ms: number): string {
  const time = new Date(ms)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${job}-${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}-${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`
}

/** By this a job knows its own: somebody may take a snapshot of such a name by hand. */
export function snapshotDescriptionOf(job: string): string {
  return `made by the snapshot job ${job}`
}

/** The names of those of the job's snapshots that the rules give up when another one was taken at `newMs`; without rules none, oldest first. */
export function givenUp(job: string, snapshots: readonly KnownSnapshot[], retention: Retention, newMs: number): string[] {
  const own = snapshots.filter((snapshot) => isOf(job, snapshot))
  const kept = keptByRetention([...own.map(({timeSeconds}) => (timeSeconds ?? 0) * 1000), newMs], retention)
  return own.filter((_snapshot, index) => kept[index] !== true).sort((a, b) => (a.timeSeconds ?? 0) - (b.timeSeconds ?? 0)).map(({name}) => name)
}

function isOf(job: string, {name, description, timeSeconds}: KnownSnapshot): boolean {
  return timeSeconds !== undefined && name.startsWith(`${job}-`) && /^\d{8}-\d{6}$/.test(name.slice(job.length + 1)) && description?.split('\n')[0]?.trim() === snapshotDescriptionOf(job)
}
