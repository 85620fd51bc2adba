// Keeps one lease alive in the background, and says when it was lost.
import {ConflictError} from '../base/index.ts'
import type {Clock} from '../base/index.ts'
import type {Lease, Store} from './store.ts'

export interface Heartbeat {
  /** Fires when the lease has run out: it was revoked, or this process was stopped, or the store could not be written for too long. */
  readonly lost: AbortSignal
  stop(): void
}

/**
 * Renews the lease three times in its lifetime, and does not keep the process from ending.
 * Real timers rather than the caller's clock: a loop in the background would spin under a simulated one.
 */
export function startHeartbeat(lease: Lease, store: Pick<Store, 'keepAlive'>, clock: Clock): Heartbeat {
  const lost = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let expiresMs = clock.monotonicMs() + lease.ttlMs
  let stopped = false

  const schedule = () => {
    timer = setTimeout(() => { void beat() }, lease.ttlMs / 3)
    timer.unref()
  }
  const beat = async () => {
    const startMs = clock.monotonicMs()
    try {
      await store.keepAlive(lease.id)
      expiresMs = startMs + lease.ttlMs
    } catch (error) {
      if (stopped) return
      // Any other failure (a full disk, a busy store) may pass before the lease runs out.
      if (error instanceof ConflictError || clock.monotonicMs() >= expiresMs) { lost.abort(error); return }
    }
    if (!stopped) schedule()
  }
  schedule()
  return {lost: lost.signal, stop() { stopped = true; clearTimeout(timer) }}
}
