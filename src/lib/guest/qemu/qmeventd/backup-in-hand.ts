// A guest that switches itself off while it is backed up: its QEMU is the one that reads its disks, so it stays until they are read. A backup whose process
// died leaves its filters and no job that goes on; that is waited for only a moment.
import type {Clock} from '../../../base/index.ts'
import {backupJob, filterNode} from '../backup/backup-nodes.ts'
import {isOver, readJobs} from '../block-jobs/job-state.ts'
import {readNodeNames} from '../block-jobs/nodes.ts'
import type {QmpClient} from '../qmp/index.ts'

const pollMs = 500
/** Between the filters and the first job, and from one disk to the next, there is none for an instant. */
const idleLimitMs = 10_000
const answer = {timeoutMs: 5_000} as const

/** Resolves once the disks are read, at once when nobody reads them. @throws when QEMU does not answer */
export async function waitForBackup(client: Pick<QmpClient, 'execute'>, clock: Clock): Promise<void> {
  let idleSinceMs: number | undefined
  for (;;) {
    const names = readNodeNames(await client.execute('query-named-block-nodes', {flat: true}, answer))
    if (!names.some((name) => name.startsWith(filterNode('')))) return
    const jobs = readJobs(await client.execute('query-jobs', undefined, answer))
    const isRead = jobs.some((job) => job.id.startsWith(backupJob('')) && !isOver(job))
    idleSinceMs = isRead ? undefined : idleSinceMs ?? clock.monotonicMs()
    if (idleSinceMs !== undefined && clock.monotonicMs() - idleSinceMs >= idleLimitMs) return
    await clock.sleep(pollMs)
  }
}
