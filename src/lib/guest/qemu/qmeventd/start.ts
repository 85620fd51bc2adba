// Sees to it that a qmeventd watches this host: asks its socket, and starts one where nobody answers. A systemd unit that runs one
// is found the same way.
import type {Clock, Places} from '../../../base/index.ts'
import {AppError, UnavailableError} from '../../../base/index.ts'
import type {Host, ProcessId} from '../../../host/index.ts'
import {eventDaemonArgv} from '../../../host/programs.ts'
import {eventSocketPath} from '../runtime/sockets.ts'

export interface WatcherContext {
  readonly host: Host
  readonly places: Places
  readonly clock: Clock
  readonly signal?: AbortSignal
}

const startTimeoutMs = 15_000

/** Where the daemon tells what it did. */
export function daemonLogPath(places: Places): string {
  return `${places.logDir}/qmeventd.log`
}

/** Whether a daemon answers. */
export async function isWatched({host, places}: WatcherContext): Promise<boolean> {
  return answers(eventSocketPath(places), host)
}

async function answers(socketPath: string, host: Host): Promise<boolean> {
  try {
    (await host.connect(socketPath, 2_000)).destroy()
    return true
  } catch (error) {
    if (error instanceof AppError && error.kind === 'unavailable') return false
    throw error
  }
}

/** Waits until somebody answers on the socket; false when the daemon has ended or the time is over. */
export async function awaitSocket(socketPath: string, {host, clock, signal}: WatcherContext, daemon: ProcessId): Promise<boolean> {
  const deadline = clock.monotonicMs() + startTimeoutMs
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, 100)) {
    await clock.sleep(pauseMs, signal)
    // Looked at first: a second daemon ends because the first one answers.
    const isAlive = (await host.process(daemon.pid))?.startTime === daemon.startTime
    if (await answers(socketPath, host)) return true
    if (!isAlive || clock.monotonicMs() > deadline) return false
  }
}

/**
 * Starts the daemon unless one answers, and waits until it does.
 * @throws UnavailableError when it does not come up
 */
export async function ensureWatched(context: WatcherContext): Promise<void> {
  if (await isWatched(context)) return
  const {host, places} = context
  await host.files.makeDirectory(places.runDir, 0o700)
  await host.files.makeDirectory(places.logDir, 0o755)
  const logPath = daemonLogPath(places)
  const daemon = await host.spawnDetached(eventDaemonArgv(), {stdoutPath: logPath, stderrPath: logPath, cwd: '/'})
  if (await awaitSocket(eventSocketPath(places), context, daemon)) return
  throw new UnavailableError('qmeventd, which watches the guests of this host, did not come up', {nextSteps: [`Look at ${logPath}.`]})
}
