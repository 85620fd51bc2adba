// A limit on work that may not heed its signal.
import {UnavailableError} from '../base/index.ts'
import type {Clock} from '../base/index.ts'

export interface TimeLimit<T> {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly limitMs: number
  /** Asked when that has passed: the limit in its stead, where the user set a longer one. */
  readonly longerMs?: () => Promise<number | undefined>
  /** The sentence of the error, with the limit that has passed. */
  readonly what: (seconds: number) => string
  /** As HostConnector.questions: time in which the user was asked does not count. */
  readonly questions?: () => number
  /** Takes care of a result that came too late. */
  readonly late?: (result: T) => void
}

/**
 * Gives up on work that takes too long or that the caller cancels, even when the work does not heed its signal.
 * @throws UnavailableError, CancelledError, what the work throws
 */
export async function withinTime<T>(work: (signal: AbortSignal) => Promise<T>, {clock, signal, limitMs, longerMs, what, questions = () => 0, late}: TimeLimit<T>): Promise<T> {
  const stop = new AbortController()
  const timer = new AbortController()
  const running = work(AbortSignal.any([signal, stop.signal]))
  let isOver = false
  running.then((result) => { if (isOver) late?.(result) }, () => undefined)
  const passed = async (): Promise<never> => {
    const ended = AbortSignal.any([signal, timer.signal])
    let [allowedMs, waitMs] = [limitMs, limitMs]
    for (;;) {
      const before = questions()
      await clock.sleep(waitMs, ended)
      waitMs = allowedMs
      if (questions() !== before || before % 2 !== 0) continue
      const longer = await longerMs?.() ?? 0
      if (longer <= allowedMs) throw new UnavailableError(what(allowedMs / 1000))
      ;[waitMs, allowedMs] = [longer - allowedMs, longer]
    }
  }
  const tooLong = passed()
  try {
    return await Promise.race([running, tooLong])
  } catch (error) {
    // Only now: what the work made may go on heeding the signal that it was given.
    isOver = true
    stop.abort()
    throw error
  } finally {
    tooLong.catch(() => undefined)
    timer.abort()
  }
}
