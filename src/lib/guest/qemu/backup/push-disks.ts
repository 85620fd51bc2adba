// Reads disks by QEMU's backup jobs, one disk after the other, into the sinks of an archive: QEMU is told to push what it reads into an NBD server of ours.
// QEMU looks which areas hold nothing and does not read those. Which QEMU does it, that of a running machine or one that was started for this
// (storage-daemon.ts), makes no difference.
import type {Host} from '../../../host/index.ts'
import {UnavailableError} from '../../../base/index.ts'
import type {AppError} from '../../../base/index.ts'
import type {VmaDiskSink} from '../../../storage/archive/index.ts'
import {serveNbd} from '../../../storage/transfer/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {isOver, readJobs} from '../block-jobs/job-state.ts'
import type {JobState} from '../block-jobs/job-state.ts'
import {removeNode} from '../block-jobs/nodes.ts'
import type {QmpClient} from '../qmp/index.ts'
import {backupJob, pushCommand, readNodeSizes, targetCommand, targetNode, viewNode} from './backup-nodes.ts'

/** A connection to a QEMU for a few commands. */
export type Monitor = <T>(work: (client: QmpClient) => Promise<T>) => Promise<T>

export interface DiskPush {
  readonly monitor: Monitor
  /** A path in a folder that is ours alone. */
  readonly socket: string
  readonly keys: readonly string[]
  readonly maxWorkers: number | undefined
  /** Drives of which only that is pushed which a bitmap on their view names, with its name. */
  readonly bitmaps?: ReadonlyMap<string, string>
}

const limitMs = 7 * 24 * 3600_000
const [shortestPauseMs, longestPauseMs] = [10, 250]

/** The sizes of what is read, by key. @throws UnavailableError when QEMU does not have one of them */
export async function diskSizes({monitor, keys}: Pick<DiskPush, 'monitor' | 'keys'>): Promise<ReadonlyMap<string, number>> {
  const sizes = readNodeSizes(await monitor((client) => client.execute('query-named-block-nodes', {flat: true})))
  return new Map(keys.map((key) => {
    const size = sizes.get(viewNode(key))
    if (size === undefined) throw new UnavailableError(`QEMU does not have ${key} open any more`)
    return [key, size] as const
  }))
}

/** @throws UnavailableError when a disk cannot be read to its end; what a sink throws; CancelledError */
export async function pushDisks(push: DiskPush, sinks: readonly VmaDiskSink[], context: Pick<Context, 'host' | 'clock' | 'signal'>): Promise<void> {
  const stop = new AbortController()
  const waits = {clock: context.clock, signal: AbortSignal.any([context.signal, stop.signal])}
  const exports = new Map(push.keys.map((key, index) => [key, sinks[index] as VmaDiskSink]))
  let failure: Error | undefined
  const serve: Parameters<Host['listen']>[1] = (stream): void => {
    stream.on('error', () => undefined)
    void serveNbd(stream, exports, waits).catch((error: unknown) => { failure ??= asError(error) }).finally(() => { stream.destroy() })
  }
  const server = await context.host.listen(push.socket, serve)
  try {
    for (const key of push.keys) {
      if (exports.get(key)?.sizeBytes === 0) continue
      const {execute, arguments: args} = targetCommand({key, socket: push.socket})
      await push.monitor((client) => client.execute(execute, args))
      const begin = pushCommand({key, maxWorkers: push.maxWorkers, bitmap: push.bitmaps?.get(key)})
      await push.monitor((client) => client.execute(begin.execute, begin.arguments))
      const job = await endOfJob(key, push.monitor, {...context, signal: waits.signal}, () => failure)
      if (job?.error !== undefined || job === undefined) throw failure ?? pushError(key, job)
      await push.monitor(async (client) => {
        await client.execute('job-dismiss', {id: backupJob(key)})
        await removeNode(client, targetNode(key))
      })
    }
  } finally {
    stop.abort()
    await server.close()
  }
}

/** @returns undefined when it is gone */
async function endOfJob(key: string, monitor: Monitor, {clock, signal}: Pick<Context, 'clock' | 'signal'>, failureOfServer: () => Error | undefined): Promise<JobState | undefined> {
  const deadline = clock.monotonicMs() + limitMs
  for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    const jobs = readJobs(await monitor((client) => client.execute('query-jobs')))
    const job = jobs.find(({id}) => id === backupJob(key))
    if (job === undefined || isOver(job)) return job
    const failure = failureOfServer()
    if (failure !== undefined) throw failure
    if (clock.monotonicMs() > deadline) throw new UnavailableError(`${key} could not be read within ${limitMs / 3600_000} hours`)
    await clock.sleep(pauseMs, signal)
  }
}

/** A view that was broken refuses to be read (EACCES). */
function pushError(key: string, job: JobState | undefined): AppError {
  const reason = job?.error ?? 'QEMU gave it up and does not say why'
  if (!/Permission denied/i.test(reason)) return new UnavailableError(`${key} could not be read: ${reason}`)
  return new UnavailableError(`the old blocks of ${key} could not be kept: there was no space for them, or their storage was too slow. The machine went on undisturbed; its backup was given up`, {
    nextSteps: ['Let them be kept on a storage that is fast and has space: --fleecing enabled=1,storage=NAME'],
  })
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new UnavailableError('the disks could not be taken', {cause: thrown})
}
