// Takes the locks of an operation, one after the other in an order that is the same for everybody, clears up what their dead holders
// left, and gives them back whatever happens. It knows nothing of what is done under them.
import {UnavailableError, errorChain} from '../base/index.ts'
import type {HeldLock, LockHolder} from '../store/index.ts'
import type {Context} from './context.ts'
import type {Journal} from './journal.ts'
import {readJournal} from './journal.ts'
import {isCovered, journalsOf, recover} from './recover.ts'

export interface LockWish {
  readonly names: readonly string[]
  /** What for, in words, shown to whoever waits: `qm start 100`. */
  readonly reason: string
  /** For all of them together. */
  readonly timeoutMs: number
}

/** How often a dead operation with more locks than ours may get in the way before we give up. */
const maxAttempts = 8

/**
 * Runs `work` under the locks.
 * @throws UnavailableError naming the holder when the time is up; CancelledError; ConflictError when a dead operation cannot be undone
 */
export async function withLocks<T>(wish: LockWish, context: Context, work: (held: Context) => Promise<T>): Promise<T> {
  const names = inOrder(wish.names)
  if (names.length === 0) return work(context)
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const attempted = await underLocks({...wish, names}, context, async (held) => {
      const dead = await journalsOf(names, held)
      for (const journal of dead.filter((candidate) => isCovered(candidate, names))) await recover(journal, held)
      const wider = dead.filter((journal) => !isCovered(journal, names))
      return wider.length > 0 ? {wider} : {result: await work(held)}
    })
    if ('result' in attempted) return attempted.result
    // The others have locks that come before ours in the order, so ours had to be given back first.
    for (const journal of attempted.wider) await recoverWithItsLocks(journal, wish.timeoutMs, context)
  }
  throw new UnavailableError(`operations on ${names.join(', ')} keep being interrupted`, {nextSteps: ['Run: corral doctor']})
}

/**
 * Takes the locks of a journal, and finishes or undoes it if it is still there.
 * @throws UnavailableError when its locks are held (its process may be alive), ConflictError when it cannot be undone
 */
export async function recoverWithItsLocks(journal: Journal, timeoutMs: number, context: Context): Promise<void> {
  await withJournalLocks(journal, timeoutMs, context, recover)
}

/** Does something to a journal under all of its locks, unless it is gone by then. */
export async function withJournalLocks(
  {head}: Journal, timeoutMs: number, context: Context, work: (journal: Journal, held: Context) => Promise<void>,
): Promise<void> {
  await underLocks({names: inOrder(head.locks), reason: `recovery of "${head.command}"`, timeoutMs}, context, async (held) => {
    const journal = await readJournal(held.store, head.id)
    if (journal !== undefined) await work(journal, held)
  })
}

/** Everybody takes locks in this order, so that two can never wait for each other. */
function inOrder(names: readonly string[]): string[] {
  return [...new Set(names)].sort()
}

async function underLocks<T>(wish: LockWish, context: Context, work: (held: Context) => Promise<T>): Promise<T> {
  const locks: HeldLock[] = []
  try {
    const deadlineMs = context.clock.monotonicMs() + wish.timeoutMs
    for (const name of wish.names) locks.push(await takeLock(name, wish.reason, deadlineMs, context))
    return await work(holding(locks, context))
  } finally {
    for (const lock of locks.reverse()) {
      // A lock that cannot be given back runs out by itself; the work's own outcome matters more.
      await lock.release().catch((error: unknown) => context.log.warn(`${lock.name} was not given back: ${errorChain(error).join(': ')}`))
    }
  }
}

function takeLock(name: string, reason: string, deadlineMs: number, context: Context): Promise<HeldLock> {
  const {clock, log, signal, store} = context
  return store.lock(name, {
    reason, signal, timeoutMs: Math.max(0, deadlineMs - clock.monotonicMs()),
    onWait: (holder) => (log.notice ?? log.warn).call(log, waitingLine(name, holder, clock.now())),
  })
}

/** `waiting for guest/100, held by qm start 100 (pid 4711 on h1) for 3 s`. */
export function waitingLine(name: string, holder: LockHolder, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - holder.sinceMs) / 1000))
  const since = new Date(holder.sinceMs).toISOString().replace(/\.\d+/, '')
  return `waiting for ${name}, held by ${holder.reason} (pid ${holder.pid} on ${holder.node}) since ${since}, for ${seconds} s`
}

function holding(locks: readonly HeldLock[], context: Context): Context {
  const locksLost = AbortSignal.any([...locks.map((lock) => lock.lost), ...(context.locksLost === undefined ? [] : [context.locksLost])])
  return {
    ...context, locksLost, signal: AbortSignal.any([context.signal, locksLost]),
    fences: [...context.fences, ...locks.map((lock) => lock.fence)],
  }
}
