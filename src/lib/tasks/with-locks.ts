// Takes the locks of an operation, clears up what their dead holders left, and gives them back whatever happens. It knows nothing of what
// is done under them.
import {UnavailableError} from '../base/index.ts'
import type {Context} from './context.ts'
import {HeldLocks, lockNames} from './held-locks.ts'
import type {LockWish} from './held-locks.ts'
import type {Journal} from './journal.ts'
import {readJournal} from './journal.ts'
import {isCovered, journalsOf, locksOfRecovery, recover} from './recover.ts'

/** How often a dead operation with more locks than ours may get in the way before we give up. */
const maxAttempts = 8

/**
 * Runs `work` under the locks.
 * @throws UnavailableError naming the holder when the time is up; CancelledError; ConflictError when a dead operation cannot be undone
 */
export async function withLocks<T>(wish: LockWish, context: Context, work: (held: Context, locks: HeldLocks) => Promise<T>): Promise<T> {
  const names = lockNames(wish.names)
  if (wish.names.length === 0) return underLocks(wish, context, work)
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const attempted = await underLocks(wish, context, async (held, locks) => {
      const dead = await journalsOf(names, held)
      for (const journal of dead.filter((candidate) => isCovered(candidate, names))) await recover(journal, held)
      const wider = dead.filter((journal) => !isCovered(journal, names))
      return wider.length > 0 ? {wider} : {result: await work(held, locks)}
    })
    if ('result' in attempted) return attempted.result
    // The others have locks that come before ours in the order, so ours had to be given back first.
    for (const journal of attempted.wider) await recoverWithItsLocks(journal, wish.timeoutMs, context)
  }
  throw new UnavailableError(`operations on ${[...names.exclusive, ...names.shared].join(', ')} keep being interrupted`, {nextSteps: ['Run: corral doctor']})
}

/**
 * Takes the locks of a journal, and finishes or undoes it if it is still there.
 * @throws UnavailableError when its locks are held (its process may be alive), ConflictError when it cannot be undone
 */
export async function recoverWithItsLocks(journal: Journal, timeoutMs: number, context: Context): Promise<void> {
  await withJournalLocks(journal, timeoutMs, context, recover)
}

/** Does something to a journal under all of its locks, those too that it had given back, unless it is gone by then. */
export async function withJournalLocks(
  journal: Journal, timeoutMs: number, context: Context, work: (journal: Journal, held: Context) => Promise<void>,
): Promise<void> {
  const {head} = journal
  await underLocks({names: locksOfRecovery(journal), reason: `recovery of "${head.command}"`, timeoutMs}, context, async (held) => {
    const found = await readJournal(held.store, head.id)
    if (found !== undefined) await work(found, held)
  })
}

async function underLocks<T>(wish: LockWish, context: Context, work: (held: Context, locks: HeldLocks) => Promise<T>): Promise<T> {
  const locks = await HeldLocks.take(wish, context)
  try {
    return await work(locks.context, locks)
  } finally {
    await locks.releaseAll()
  }
}
