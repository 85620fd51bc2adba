// A QEMU without a machine, qemu-storage-daemon, that reads the disks of a virtual machine which does not run. It dies with us.
import {NotFoundError, UnavailableError} from '../../../base/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {withQmp} from '../qmp/index.ts'
import type {Monitor} from './push-disks.ts'

const startLimitMs = 30_000
const runLimitMs = 7 * 24 * 3600_000
const pollMs = 20

/** Pure. */
export function storageDaemonArgv(socket: string): string[] {
  return ['qemu-storage-daemon', '--chardev', `socket,id=qmp,path=${socket},server=on,wait=off`, '--monitor', 'chardev=qmp']
}

/**
 * Lends it to `work`.
 * @param socket for its monitor: a path in a folder that is ours alone
 * @throws UnavailableError when it is not installed or ends
 */
export async function withStorageDaemon<R>(socket: string, {host, clock, signal}: Pick<Context, 'host' | 'clock' | 'signal'>, work: (monitor: Monitor) => Promise<R>): Promise<R> {
  const stop = new AbortController()
  const daemon = host.run(storageDaemonArgv(socket), {diesWithUs: true, timeoutMs: runLimitMs, signal: AbortSignal.any([signal, stop.signal]), maxOutputBytes: 16 * 1024})
  const failed = daemon.then(() => { throw new UnavailableError('qemu-storage-daemon ended before its work was done') }, (error: unknown) => {
    throw error instanceof NotFoundError ? new UnavailableError('qemu-storage-daemon is not installed', {cause: error, nextSteps: ['apt-get install qemu-system-common']}) : error
  })
  failed.catch(() => undefined)
  try {
    await Promise.race([failed, appears()])
    const monitor: Monitor = (use) => withQmp(host, socket, {signal, handshakeTimeoutMs: 30_000, commandTimeoutMs: 60_000}, use)
    return await Promise.race([failed, work(monitor)])
  } finally {
    stop.abort()
    await daemon.catch(() => undefined)
  }

  /** The socket is there before the program listens to it. */
  async function appears(): Promise<void> {
    const endMs = clock.monotonicMs() + startLimitMs
    while (!await listens()) {
      if (clock.monotonicMs() > endMs) throw new UnavailableError(`qemu-storage-daemon does not come up within ${startLimitMs / 1000} s`)
      await clock.sleep(pollMs, signal)
    }
  }

  async function listens(): Promise<boolean> {
    if (await host.files.stat(socket) === undefined) return false
    try {
      await withQmp(host, socket, {signal, handshakeTimeoutMs: startLimitMs, commandTimeoutMs: startLimitMs}, () => Promise.resolve())
      return true
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      return false
    }
  }
}
