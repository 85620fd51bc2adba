// How long hosts may take, on a clock that stands still.
import {expect, test} from 'vitest'
import {withinTime} from '../../../src/lib/hosts/within-time.ts'
import {fakeClock} from '../../support/fake-clock.ts'

const never = () => new Promise<never>(() => undefined)
const what = (seconds: number) => `nothing for ${seconds} s`

/** The error, and when it came. */
async function outcome(longerMs?: () => Promise<number | undefined>) {
  const clock = fakeClock()
  const begun = clock.monotonicMs()
  const waiting = withinTime(never, {clock, signal: new AbortController().signal, limitMs: 20_000, what, ...(longerMs === undefined ? {} : {longerMs})})
    .then(() => 'done', (error: Error) => `${error.message}, ${clock.monotonicMs() - begun} ms`)
  await clock.advance(1_000_000)
  return waiting
}

test('the limit holds where nobody set a longer one', async () => {
  expect(await outcome()).toBe('nothing for 20 s, 20000 ms')
  expect(await outcome(() => Promise.resolve(undefined))).toBe('nothing for 20 s, 20000 ms')
  expect(await outcome(() => Promise.resolve(5_000))).toBe('nothing for 20 s, 20000 ms')
})

test('a longer one takes its place', async () => {
  expect(await outcome(() => Promise.resolve(120_000))).toBe('nothing for 120 s, 120000 ms')
})
