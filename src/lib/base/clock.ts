// Time as a dependency, so that tests and simulations can supply their own.
import {CancelledError} from './errors.ts'

export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number
  /** Milliseconds that never jump (CLOCK_MONOTONIC): the same in all processes of a machine until it restarts. */
  monotonicMs(): number
  /** Resolves after `durationMs`; rejects with CancelledError when the signal fires first. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  sleep: (durationMs, signal) => new Promise((resolve, reject) => {
    if (signal?.aborted) { reject(new CancelledError()); return }
    const onAbort = () => { clearTimeout(timer); reject(new CancelledError()) }
    const timer = setTimeout(() => { signal?.removeEventListener('abort', onAbort); resolve() }, durationMs)
    signal?.addEventListener('abort', onAbort, {once: true})
  }),
}
