// A watch reads the history of commits from where it stands, then waits for a notice that there is more.
import type {Clock} from '../../base/index.ts'
import {isUnderPrefix} from '../check-change.ts'
import {explainRevision} from '../explain-refusal.ts'
import type {StoreEvent} from '../store.ts'
import {ChangeNotice} from './change-notice.ts'
import type {Connection} from './connection.ts'

/** Commits read at once: bounds the memory of a watch that starts far behind. */
const batchCommits = 500

interface HistoryRow {
  readonly oldest: number
  readonly newest: number
  /** JSON: [[revision, [[kind, path], …]], …] */
  readonly commits: string
}

export interface WatchOptions {
  readonly connection: Connection
  readonly databasePath: string
  readonly clock: Clock
  /** Ends the watch. */
  readonly signal: AbortSignal
}

/** See Store.watch. The notice is set up before the first read, so that no commit falls between them. */
export async function* watchHistory(prefix: string, afterRevision: number, options: WatchOptions): AsyncGenerator<StoreEvent, void, undefined> {
  const {connection, databasePath, clock, signal} = options
  if (signal.aborted) return
  const notice = new ChangeNotice(databasePath, clock)
  try {
    let seenRevision = afterRevision
    for (;;) {
      const commits = await commitsAfter(connection, seenRevision)
      for (const [revision, events] of commits) {
        for (const [kind, path] of events) {
          if (signal.aborted) return
          if (isUnderPrefix(path, prefix)) yield {path, kind, revision}
        }
        seenRevision = revision
      }
      if (signal.aborted) return
      if (commits.length === 0) await notice.wait(signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    notice.close()
  }
}

type Commit = readonly [revision: number, events: readonly (readonly [kind: StoreEvent['kind'], path: string])[]]

async function commitsAfter(connection: Connection, revision: number): Promise<Commit[]> {
  const row = await connection.first<HistoryRow>(`
    SELECT (SELECT min(revision) FROM history) AS oldest, (SELECT max(revision) FROM history) AS newest,
      (SELECT json_group_array(json_array(revision, json(events)))
        FROM (SELECT revision, events FROM history WHERE revision > ? ORDER BY revision LIMIT ${batchCommits})) AS commits`, [revision])
  if (row === undefined) return []
  const outside = explainRevision(revision, row.oldest, row.newest)
  if (outside !== undefined) throw outside
  return JSON.parse(row.commits) as Commit[]
}

/** See Store.changedPaths. */
export async function changedPaths(connection: Connection, afterRevision: number): Promise<readonly string[]> {
  const row = await connection.first<{oldest: number; newest: number; paths: string}>(`
    SELECT (SELECT min(revision) FROM history) AS oldest, (SELECT max(revision) FROM history) AS newest,
      (SELECT json_group_array(DISTINCT event.value ->> 1) FROM history, json_each(history.events) AS event WHERE revision > ?) AS paths`, [afterRevision])
  if (row === undefined) return []
  const outside = explainRevision(afterRevision, row.oldest, row.newest)
  if (outside !== undefined) throw outside
  return JSON.parse(row.paths) as string[]
}
