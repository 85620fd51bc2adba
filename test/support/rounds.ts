// Long counts (kills, fuzz rounds): continuous integration runs a tenth of the full number (CORRAL_TEST_SCALE=1, the default), the soak
// run all (10). What is random follows from a seed that is printed; CORRAL_TEST_SEED repeats a run.

/** How many rounds to run, of a count meant for CORRAL_TEST_SCALE=1; never less than one. */
export function scaledCount(count: number): number {
  const scale = Number(process.env['CORRAL_TEST_SCALE'] ?? '1')
  if (!Number.isFinite(scale) || scale <= 0) throw new Error(`CORRAL_TEST_SCALE must be a positive number, not '${process.env['CORRAL_TEST_SCALE']}'`)
  return Math.max(1, Math.round(count * scale))
}

export interface RandomSource {
  readonly seed: number
  /** From 0 up to, not including, 1. */
  next(): number
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number
}

/** A source for one test, whose seed it prints. */
export function randomSource(testName: string): RandomSource {
  const given = process.env['CORRAL_TEST_SEED']
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given)
  console.log(`${testName}: seed ${seed} (CORRAL_TEST_SEED=${seed} repeats it)`)
  return seededRandom(seed)
}

/** Mulberry32: small, and good enough to vary tests. */
export function seededRandom(seed: number): RandomSource {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {seed, next, between: (low, high) => low + Math.floor(next() * (high - low + 1))}
}
