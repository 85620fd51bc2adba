// Ends a QEMU: asks it, waits, and sends signals to that very process when it does not go. It knows nothing of what is left behind.
import type {Clock} from '../../../base/index.ts'
import {ConflictError} from '../../../base/index.ts'
import type {Host, ProcessId} from '../../../host/index.ts'
import {waitForEnd} from './status.ts'

/** How long after each signal. Proxmox VE waits ten seconds after SIGTERM. */
const signalWaitMs = 10_000

export interface EndContext {
  readonly host: Host
  readonly clock: Clock
  readonly signal?: AbortSignal
}

/**
 * Sends SIGTERM, then SIGKILL.
 * @throws ConflictError when the process is still there afterwards (a kernel that waits for a dead disk)
 */
export async function killProcess(process: ProcessId, context: EndContext, report: (line: string) => void = () => undefined): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!await context.host.kill(process, signal)) return
    report(`sent ${signal} to process ${process.pid}`)
    if (await waitForEnd(process, signalWaitMs, context)) return
  }
  throw new ConflictError(`the process ${process.pid} does not end, not even after SIGKILL`, {
    nextSteps: ['It waits inside the kernel, most often for a disk that does not answer: look at /proc/PID/stack and at the kernel log.'],
  })
}
