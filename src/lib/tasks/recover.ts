// What is done about operations whose process died before their end: whoever takes one of their locks next finishes or undoes them,
// before doing its own work. A journal can only be a dead one's when all of its exclusive locks are ours.
import {AppError, ConflictError, errorChain} from '../base/index.ts'
import {finishJournal, undoJournal} from './carry-out.ts'
import type {Context} from './context.ts'
import {holdsAll, lockNames, sharedLock} from './held-locks.ts'
import type {LockNames, LockWanted} from './held-locks.ts'
import type {Journal} from './journal.ts'
import {readJournals, resumeJournal} from './journal.ts'

/**
 * The journals that hold one of these locks. Who shares a lock says nothing about others that share it, and a lock that was given back is
 * nobody's business until the operation is undone.
 */
export async function journalsOf({exclusive, shared}: LockNames, context: Pick<Context, 'store'>): Promise<Journal[]> {
  const holds = (names: readonly string[] = [], wanted: readonly string[]) => names.some((name) => wanted.includes(name))
  return (await readJournals(context.store)).filter(({head}) => holds(head.locks, [...exclusive, ...shared]) || holds(head.sharedLocks, exclusive))
}

/** The locks under which a journal is undone or finished: its own, and those that it had given back. */
export function locksOfRecovery({head}: Journal): readonly LockWanted[] {
  return [...head.locks, ...head.releasedLocks ?? [], ...(head.sharedLocks ?? []).map(sharedLock)]
}

/** Whether whoever holds these locks may undo or finish the journal. */
export function isCovered(journal: Journal, held: LockNames): boolean {
  return holdsAll(held, lockNames(locksOfRecovery(journal)))
}

/**
 * Finishes or undoes a dead operation; the context holds all of its locks.
 * @throws ConflictError when it cannot be undone: later work on the same objects would be undone with it
 */
export async function recover(journal: Journal, context: Context): Promise<void> {
  const {head} = journal
  const writer = resumeJournal(journal, context)
  if (head.whenInterrupted === 'finish') {
    await finish(journal, context)
    return
  }
  context.log.warn(`"${head.command}" was interrupted; undoing what it left`)
  const failure = await undoJournal(writer, context)
  if (failure === undefined) return
  throw new ConflictError(`"${head.command}" was interrupted earlier and cannot be undone`, {
    cause: failure,
    nextSteps: [
      'Put right what keeps it from being undone, then run: corral doctor',
      `Or look after its remains yourself and give the journal up: corral doctor --discard ${head.id}`,
    ],
  })
}

async function finish(journal: Journal, context: Context): Promise<void> {
  const {command, steps = []} = journal.head
  context.log.warn(`"${command}" was interrupted; doing the rest of it`)
  try {
    await finishJournal(resumeJournal(journal, context), steps, context)
  } catch (error) {
    if (context.locksLost?.aborted === true) throw error
    const isLeft = (await readJournals(context.store)).some(({head}) => head.id === journal.head.id)
    context.log.warn(`the rest of "${command}" could not be done: ${errorChain(error).join(': ')}; ${isLeft ? 'the next command for the same object tries again' : 'repeat the command'}`)
  }
}

/**
 * For code that takes a lock by itself: clears up what a dead holder of that lock left. The context holds the lock.
 * @throws ConflictError when it cannot be undone, or needs more locks than the context holds
 */
export async function recoverJournal(lockName: string, context: Context): Promise<void> {
  const held = lockNames(context.fences.flatMap(({lock}) => lock === undefined ? [] : [lock]))
  if (!held.exclusive.includes(lockName)) throw new AppError('internal', `the lock ${lockName} is not held`)
  for (const journal of await journalsOf(lockNames([lockName]), context)) {
    if (!isCovered(journal, held)) {
      throw new ConflictError(`"${journal.head.command}" was interrupted and has to be cleared up first`, {nextSteps: ['Run: corral doctor']})
    }
    await recover(journal, context)
  }
}
