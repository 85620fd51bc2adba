// Starts the program that carries a state between QEMU's socket and a volume (libexec/guest-state.mjs), and says how it went.
import {CancelledError, ToolError, UnavailableError} from '../../../../base/index.ts'
import type {Host} from '../../../../host/index.ts'
import {supportFolder} from '../../../../host/programs.ts'

/** A day: what goes on without moving is ended long before, by whoever watches. */
const limitMs = 86_400_000
const readyLimitMs = 30_000

export interface Carrier {
  /** Resolves when it says that it is ready for QEMU. @throws as `done` */
  readonly ready: Promise<void>
  /** @throws UnavailableError with what it said, CancelledError */
  readonly done: Promise<void>
}

export function carrierArgv(what: 'save' | 'load', socketPath: string, path: string): string[] {
  return [process.execPath, `${supportFolder()}guest-state.mjs`, what, socketPath, path]
}

/**
 * Whether a volume that is a file begins as a whole state does (guest-state.mjs writes that last). What is no file is told when it is loaded.
 */
export async function isWholeState(path: string, {files}: Pick<Host, 'files'>): Promise<boolean> {
  if ((await files.stat(path, {followLinks: true}))?.kind !== 'file') return true
  return /^corral-guest-state 1 \d{1,15}\n/.test((await files.readAt(path, 0, 64)).toString('latin1'))
}

export function startCarrier(what: 'save' | 'load', socketPath: string, path: string, host: Host, signal: AbortSignal): Carrier {
  let isReady: () => void = () => undefined
  const ready = new Promise<void>((resolve) => { isReady = resolve })
  const done = host.run(carrierArgv(what, socketPath, path), {
    // Dies with us, so that nobody goes on writing to a volume that an undo removes.
    diesWithUs: true, signal, timeoutMs: limitMs, onLine: (line) => { if (line === 'ready') isReady() },
  }).then(() => undefined, (error: unknown) => { throw carrierFailure(what, error) })
  // Looked at later; until then a failure must not count as one that nobody looks at.
  done.catch(() => undefined)
  const late = new Promise<never>((_resolve, reject) => {
    const timer = setTimeout(() => reject(new UnavailableError('the program that keeps the state of the machine does not come up')), readyLimitMs)
    ready.then(() => clearTimeout(timer), () => undefined)
    done.then(() => clearTimeout(timer), () => clearTimeout(timer))
  })
  const readyOrFailed = Promise.race([ready, done, late])
  readyOrFailed.catch(() => undefined)
  return {ready: readyOrFailed, done}
}

function carrierFailure(what: 'save' | 'load', error: unknown): Error {
  if (error instanceof CancelledError) return error
  const said = error instanceof ToolError ? error.failure.stderr.trim().split('\n').at(-1) ?? '' : ''
  const failure = `the state of the machine could not be ${what === 'save' ? 'saved' : 'read'}`
  return said === '' ? new UnavailableError(failure, {cause: error}) : new UnavailableError(`${failure}: ${said.slice(0, 300)}`)
}
