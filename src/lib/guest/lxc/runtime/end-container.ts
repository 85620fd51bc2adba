// Ends a container at once: LXC kills its processes; where its monitor does not obey, the first process and the monitor are killed by their numbers.
import {AppError, ConflictError} from '../../../base/index.ts'
import type {ProcessId} from '../../../host/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {containerPaths} from './paths.ts'
import {initOf, waitForEnd} from './status.ts'

const stopLimitMs = 60_000
const killWaitMs = 10_000

/** @throws ConflictError when it is still there afterwards (a kernel that waits for a dead disk) */
export async function endContainer(vmid: number, monitor: ProcessId, context: Pick<Context, 'host' | 'places' | 'clock' | 'log'>): Promise<void> {
  const {host, log} = context
  try {
    // 2 says that it does not run, any more or yet; then its monitor is waited for.
    await host.run(stopArgv(context.places, vmid), {timeoutMs: stopLimitMs, okExitCodes: [0, 2]})
    if (await waitForEnd(monitor, killWaitMs, context)) return
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'cancelled' || error.kind === 'internal') throw error
    if (await waitForEnd(monitor, 0, context)) return
    log.warn(`LXC does not end container ${vmid}: ${error.message}`)
  }
  const init = await initOf(monitor, host)
  const first = init === undefined ? undefined : await host.process(init)
  for (const process of [...(first === undefined ? [] : [first]), monitor]) {
    if (!await host.kill(process, 'SIGKILL')) continue
    log.info(`sent SIGKILL to process ${process.pid}`)
    if (await waitForEnd(monitor, killWaitMs, context)) return
  }
  throw new ConflictError(`container ${vmid} does not end, not even after SIGKILL`, {
    nextSteps: ['A process of it waits inside the kernel, most often for a disk that does not answer: look at the kernel log.'], data: {vmid},
  })
}

export function stopArgv(places: Context['places'], vmid: number): string[] {
  return ['lxc-stop', '-P', containerPaths(places, vmid).lxcPath, '-n', String(vmid), '--kill']
}
