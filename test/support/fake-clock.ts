// A clock that stands still until a test moves it.
import {CancelledError} from '../../src/lib/base/index.ts'
import type {Clock} from '../../src/lib/base/index.ts'

export interface FakeClock extends Clock {
  /** Moves on, waking sleepers in their order. */
  advance(durationMs: number): Promise<void>
}

export function fakeClock(): FakeClock {
  let nowMs = 0
  const sleepers = new Set<{atMs: number; wake: () => void}>()
  const settle = () => new Promise<void>((resolve) => { setImmediate(resolve) })
  return {
    now: () => 1_700_000_000_000 + nowMs,
    monotonicMs: () => nowMs,
    sleep: (durationMs, signal) => new Promise((resolve, reject) => {
      if (signal?.aborted === true) { reject(new CancelledError()); return }
      const sleeper = {atMs: nowMs + durationMs, wake: () => { sleepers.delete(sleeper); resolve() }}
      sleepers.add(sleeper)
      signal?.addEventListener('abort', () => { if (sleepers.delete(sleeper)) reject(new CancelledError()) }, {once: true})
    }),
    advance: async (durationMs) => {
      const endMs = nowMs + durationMs
      for (;;) {
        for (let round = 0; round < 5; round++) await settle()
        const next = [...sleepers].filter(({atMs}) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0]
        if (next === undefined) break
        nowMs = next.atMs
        next.wake()
      }
      nowMs = endMs
    },
  }
}
