// Whether a function takes time in proportion to its input. No clock's constant says what is too slow: the same work is done on inputs
// that grow eightfold, and what takes the square of the length takes sixty-four times as long.
import {cpuTimeMs} from './cpu-time.ts'

const firstLength = 1024
const factor = 8
/** Far above eight, far below sixty-four: collecting garbage and warming up take their time too. */
const mostGrowth = 30
/** Less than this cannot be told from noise. */
const noiseMs = 6

/**
 * @param make an input of about that length
 * @returns undefined when it grows as it should, else a sentence
 */
export async function growthProblem(make: (length: number) => string, read: (text: string) => unknown, longest: number): Promise<string | undefined> {
  let before = noiseMs
  for (let length = firstLength; length <= longest; length *= factor) {
    const text = make(length)
    let took = await timeOf(text, read)
    // Once more before it is blamed: the first run may have met a pause.
    if (took > mostGrowth * before) took = Math.min(took, await timeOf(text, read))
    if (took > mostGrowth * before) return `${length / factor} characters took ${before.toFixed(0)} ms at most, ${length} took ${took.toFixed(0)} ms`
    before = Math.max(noiseMs, took)
  }
  return undefined
}

async function timeOf(text: string, read: (text: string) => unknown): Promise<number> {
  const startedAt = cpuTimeMs()
  try {
    await read(text)
  } catch {
    // Refusing takes its time as well.
  }
  return cpuTimeMs() - startedAt
}
