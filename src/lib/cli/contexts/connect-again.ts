// Gets back to a host whose connection was lost while something of ours went on there: again and again, for a bounded time.
import {CancelledError, errorKind} from '../../base/index.ts'
import type {AppError, Clock} from '../../base/index.ts'
import type {AgentClient} from '../../host/index.ts'
import type {ContextHost} from '../../hosts/contexts.ts'
import type {HostLinks} from './host-links.ts'

/** How long we try. */
export const reconnectLimitMs = 60_000
const firstPauseMs = 500
const longestPauseMs = 5_000

export interface LostHost {
  readonly host: ContextHost
  readonly links: HostLinks
  readonly clock: Clock
  /** Of the clock's monotonicMs. */
  readonly giveUpAtMs: number
  /** The user wants to stop: nothing is tried any more. */
  readonly interrupted: AbortSignal
  /** What is thrown when it is given up, with the last reason. */
  readonly givenUp: (cause: unknown) => AppError
}

/** @throws what `givenUp` makes */
export async function connectedAgain({host, links, clock, giveUpAtMs, interrupted, givenUp}: LostHost, lost: unknown): Promise<AgentClient> {
  let pauseMs = firstPauseMs
  let reason = lost
  while (clock.monotonicMs() < giveUpAtMs && !interrupted.aborted) {
    try {
      await clock.sleep(pauseMs, interrupted)
      return await links.reconnect(host)
    } catch (error) {
      if (error instanceof CancelledError) break
      // A changed key or a refused login does not go away by waiting.
      if (errorKind(error) !== 'unavailable') throw givenUp(error)
      reason = error
    }
    pauseMs = Math.min(2 * pauseMs, longestPauseMs)
  }
  throw givenUp(reason)
}
