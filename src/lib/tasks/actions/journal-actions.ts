// Actions on the journals of operations that were interrupted: clear up what was left, or give that up.
import {ConflictError} from '../../base/index.ts'
import type {Context} from '../context.ts'
import {discardJournal, isWriterAlive, readJournal} from '../journal.ts'
import type {Action} from '../plan.ts'
import {defineAction} from '../plan.ts'
import {recover} from '../recover.ts'
import {withJournalLocks} from '../with-locks.ts'

const lockLimitMs = 5000

export interface JournalAction<K extends string> extends Action {
  readonly kind: K
  readonly id: string
  /** What that means, for a dry run. */
  readonly lines: readonly string[]
}

export const journalRecover = defineAction<JournalAction<'journal.recover'>>({
  kind: 'journal.recover',
  describe: ({lines}) => lines,
  run: async ({id}, context) => {
    const journal = await deadJournal(id, context)
    if (journal !== undefined) await withJournalLocks(journal, lockLimitMs, context, recover)
  },
})

export const journalDiscard = defineAction<JournalAction<'journal.discard'>>({
  kind: 'journal.discard',
  describe: ({lines}) => lines,
  run: async ({id}, context) => {
    const journal = await deadJournal(id, context)
    if (journal !== undefined) await withJournalLocks(journal, lockLimitMs, context, discardJournal)
  },
})

/** A journal without locks is guarded only by the process that writes it. */
async function deadJournal(id: string, context: Context) {
  const journal = await readJournal(context.store, id)
  if (journal === undefined || !await isWriterAlive(journal, context) || journal.records.some((record) => record.failure !== undefined)) return journal
  throw new ConflictError(`"${journal.head.command}" is still at work (pid ${journal.head.pid} on ${journal.head.node})`)
}
