// The undo journal as it lies in the store: one folder an operation, `journal/<id>/head` and a record for each undo step, written
// before the step is done. It knows how records are kept and read; what they mean is carry-out.ts and recover.ts.
import {randomBytes} from 'node:crypto'
import {AppError} from '../base/index.ts'
import type {Fence, Store, StoredFile} from '../store/index.ts'
import type {Context} from './context.ts'
import {killSwitch} from './kill-switch.ts'
import type {Action} from './plan.ts'

const folder = 'journal'

/** Who does what under which locks. */
export interface JournalHead {
  readonly id: string
  /** The command, in words: `qm create 100`. */
  readonly command: string
  /** Held exclusively. */
  readonly locks: readonly string[]
  /** Held together with others. */
  readonly sharedLocks?: readonly string[]
  /** Given back on the way; undoing needs them again. */
  readonly releasedLocks?: readonly string[]
  readonly whenInterrupted: 'undo' | 'finish'
  readonly node: string
  readonly pid: number
  /** Tells the process from a later one with the same number. */
  readonly processStart: string
  readonly sinceMs: number
  /** With `finish`: everything that is to be done, or was left to do when there was no way back any more. */
  readonly steps?: readonly Action[]
}

export interface JournalRecord {
  readonly number: number
  readonly undo: Action
  /** Why it could not be undone, when that was tried. */
  readonly failure?: string
}

/** An operation that has not come to its end; records in the order in which they were written. */
export interface Journal {
  readonly head: JournalHead
  readonly records: readonly JournalRecord[]
}

export type JournalLocks = Pick<JournalHead, 'locks' | 'sharedLocks' | 'releasedLocks'>

/** Writes the journal of one running operation. Every write is durable and fenced by the context's locks. */
export interface JournalWriter {
  record(undo: Action): Promise<void>
  /** The records written, oldest first. */
  readonly records: readonly JournalRecord[]
  /** The operation's locks are others from here on; what is written later is fenced by `fences`. */
  relock(locks: JournalLocks, fences: readonly Fence[]): Promise<void>
  /** After this record was undone (or its step touched nothing). */
  forget(record: JournalRecord): Promise<void>
  markFailed(record: JournalRecord, failure: string): Promise<void>
  /** There is no way back from here: the records go, and what is left to do stands in their place, in one write. */
  finishWith(steps: readonly Action[]): Promise<void>
  /** The operation has come to its end; nothing is to be undone or finished any more. */
  clear(): Promise<void>
}

/** Starts a journal. With `finish` the steps are written at once; with `undo` the head goes into the store with the first record. */
export async function startJournal(head: Omit<JournalHead, 'id' | 'node' | 'pid' | 'processStart' | 'sinceMs'>, context: Context): Promise<JournalWriter> {
  const sinceMs = context.clock.now()
  const id = `${sinceMs.toString(36).padStart(9, '0')}-${randomBytes(6).toString('hex')}`
  const processStart = (await context.host.process(process.pid))?.startTime ?? ''
  const whole: JournalHead = {...head, id, node: context.node, pid: process.pid, processStart, sinceMs}
  const writer = journalWriter({head: whole, records: []}, false, context)
  if (head.whenInterrupted === 'finish') await writer.begin()
  return writer
}

/** Goes on with the journal of an operation whose process is gone. */
export function resumeJournal(journal: Journal, context: Context): JournalWriter {
  return journalWriter(journal, true, context)
}

function journalWriter(journal: Journal, begun: boolean, {store, fences: firstFences}: Context): JournalWriter & {begin(): Promise<void>} {
  let {head} = journal
  let fences = firstFences
  const records = [...journal.records]
  const headPath = `${folder}/${head.id}/head`
  let isWritten = begun
  const put = async (files: Record<string, string>) => {
    await store.commit({put: isWritten ? files : {[headPath]: JSON.stringify(head), ...files}, fences})
    isWritten = true
  }
  return {
    records,
    begin: async () => {
      await put({})
      await killSwitch('RECORD')
    },
    record: async (undo) => {
      const record = {number: (records.at(-1)?.number ?? 0) + 1, undo}
      await put({[recordPath(head.id, record)]: JSON.stringify(record)})
      records.push(record)
      await killSwitch('RECORD')
    },
    relock: async (locks, nextFences) => {
      head = {...head, ...locks}
      if (isWritten) await put({[headPath]: JSON.stringify(head)})
      fences = nextFences
    },
    forget: async (record) => {
      await store.commit({remove: [recordPath(head.id, record)], fences})
      records.splice(records.indexOf(record), 1)
    },
    markFailed: async (record, failure) => {
      await put({[recordPath(head.id, record)]: JSON.stringify({...record, failure})})
    },
    finishWith: async (steps) => {
      const finishing: JournalHead = {...head, whenInterrupted: 'finish', steps}
      await store.commit({put: {[headPath]: JSON.stringify(finishing)}, remove: records.map((record) => recordPath(head.id, record)), fences})
      head = finishing
      isWritten = true
      records.length = 0
      await killSwitch('RECORD')
    },
    clear: async () => {
      if (!isWritten) return
      await store.commit({remove: [...records.map((record) => recordPath(head.id, record)), headPath], fences})
      records.length = 0
      isWritten = false
    },
  }
}

function recordPath(id: string, {number}: JournalRecord): string {
  return `${folder}/${id}/${String(number).padStart(4, '0')}`
}

/** All journals in the store, oldest first: of operations that run and of those whose process is gone. */
export async function readJournals(store: Store): Promise<Journal[]> {
  const byId = new Map<string, StoredFile[]>()
  for (const file of await store.list(folder)) {
    const id = file.path.split('/')[1] ?? ''
    byId.set(id, [...byId.get(id) ?? [], file])
  }
  return [...byId].sort(([a], [b]) => a < b ? -1 : 1).flatMap(([id, files]) => {
    const head = files.find((file) => file.path === `${folder}/${id}/head`)
    // The head is written with the first record and removed with the last, so a journal without one is no journal.
    if (head === undefined) return []
    const records = files.filter((file) => file !== head).map((file) => parsed<JournalRecord>(file))
    return [{head: parsed<JournalHead>(head), records: records.sort((a, b) => a.number - b.number)}]
  })
}

/** @throws AppError naming the file: what it would have undone is not known, so nothing may go on as if it were not there */
function parsed<T>({path, data}: StoredFile): T {
  try {
    return JSON.parse(data) as T
  } catch (error) {
    throw new AppError('internal', `the journal of an unfinished operation is damaged (${path} in the store)`, {cause: error})
  }
}

/** The journal by this id, or undefined when it has come to its end. */
export async function readJournal(store: Store, id: string): Promise<Journal | undefined> {
  return (await readJournals(store)).find(({head}) => head.id === id)
}

/** Whether the process that writes a journal is still there. One of another node is taken to be: only that node can tell. */
export async function isWriterAlive({head}: Journal, {host, node}: Pick<Context, 'host' | 'node'>): Promise<boolean> {
  if (head.node !== node) return true
  return (await host.process(head.pid))?.startTime === head.processStart
}

/** Gives a journal up: what it would have undone stays as it is. */
export async function discardJournal({head, records}: Journal, {store, fences}: Context): Promise<void> {
  await store.commit({remove: [...records.map((record) => recordPath(head.id, record)), `${folder}/${head.id}/head`], fences})
}
