// A limit for looks at a file system that may hang: a network mount whose server is gone keeps a system call waiting for ever.
import type {Clock} from '../../base/index.ts'
import {UnavailableError} from '../../base/index.ts'

/** @throws UnavailableError when the work takes longer; the work itself cannot be stopped and is left alone */
export async function withinTime<T>(clock: Clock, limitMs: number, doing: string, work: Promise<T>): Promise<T> {
  const done = new AbortController()
  const tooLate = clock.sleep(limitMs, done.signal).then(() => {
    throw new UnavailableError(`${doing} took longer than ${limitMs / 1000} s`, {nextSteps: ['Look for a mount that hangs: findmnt']})
  })
  // Ends by being cancelled when the work is faster.
  tooLate.catch(() => undefined)
  try {
    return await Promise.race([work, tooLate])
  } finally {
    done.abort()
  }
}
