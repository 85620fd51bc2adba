// Progress of work that tells nothing of itself: what it has made so far is measured while it goes on.
import type {Context} from './context.ts'

const pollMs = 500

/**
 * @param work is waited for; its failure is passed on
 * @param measure how much is done, in bytes; undefined when that cannot be told now
 */
export async function measured<T>(work: Promise<T>, measure: () => Promise<number | undefined>, {what, totalBytes}: {readonly what: string; readonly totalBytes: number}, {log, clock}: Pick<Context, 'log' | 'clock'>): Promise<T> {
  const ended = new AbortController()
  const watching = watch()
  try {
    return await work
  } finally {
    ended.abort()
    await watching
  }

  async function watch(): Promise<void> {
    for (;;) {
      try {
        await clock.sleep(pollMs, ended.signal)
      } catch {
        // It is through.
        return
      }
      const doneBytes = await measure().catch(() => undefined)
      if (ended.signal.aborted) return
      // What is made can be larger than it was meant to be; only its end is the end.
      if (doneBytes !== undefined) log.progress(Math.min(doneBytes, totalBytes - 1), totalBytes, what, 'bytes')
    }
  }
}
