// The compare-and-set over several paths, as one SQL statement: it inserts the change into a view, whose trigger checks and writes
// everything. One statement is one transaction, one trip to SQLite and one sync; nothing of ours runs while the database is locked.
// The view and the trigger are temporary, so that they always fit this program and need no migration.
import {createHash} from 'node:crypto'
import type {Clock} from '../../base/index.ts'
import {AppError} from '../../base/index.ts'
import {checkChange, foldersOf, storedBytes} from '../check-change.ts'
import {explainRefusal} from '../explain-refusal.ts'
import type {Refusal} from '../explain-refusal.ts'
import {maxStoreBytes} from '../store.ts'
import type {Change} from '../store.ts'
import type {Connection, Value} from './connection.ts'

/** How far a watch can lag behind. What is older is dropped every `compactionInterval` commits, all of it at once. */
const keptCommits = 10_000
const keptEventBytes = 16 * 1024 * 1024
const compactionInterval = 256

const changeColumns = [
  'expect', 'fences', 'path', 'data', 'digest', 'put', 'put_events', 'put_bytes', 'remove', 'paths', 'folders', 'boot', 'monotonic_ms', 'time_ms',
]

/**
 * A refusal leaves the trigger as the message of RAISE(ABORT), which also takes back what was written before it.
 *
 * A change that writes one file and removes none, by far the most frequent, comes in plain columns (path, data, digest); any other in
 * `put`, `remove` and `paths` as JSON, and `path` is NULL then. Taking JSON apart costs more than the rest of the work, which is also why
 * conditions on columns of NEW stand first: SQLite skips the whole statement when one of them is false. And the binding takes much longer
 * for a number than for a text, so limits are part of the program.
 */
const commitProgram = (maxBytes: number, kept: number) => `
  CREATE TEMP VIEW change (${changeColumns.join(', ')}) AS SELECT ${changeColumns.map(() => 'NULL').join(', ')} WHERE FALSE;

  CREATE TEMP TRIGGER apply_change INSTEAD OF INSERT ON change BEGIN
    SELECT RAISE(ABORT, json_object('refused', 'revision', 'path', wanted.key, 'expected', wanted.value, 'found', file.revision))
      FROM json_each(NEW.expect) AS wanted LEFT JOIN file ON file.path = wanted.key
      WHERE NEW.expect <> '{}' AND file.revision IS NOT wanted.value;

    -- A lock is only passed on after its lease was deleted, so that even a process stopped right before this statement is refused.
    SELECT RAISE(ABORT, json_object('refused', 'fence', 'lock', fence.value ->> 'lock'))
      FROM json_each(NEW.fences) AS fence
      LEFT JOIN lease ON lease.id = fence.value ->> 'leaseId' AND lease.boot = NEW.boot AND lease.expires_ms > NEW.monotonic_ms
      WHERE NEW.fences <> '[]' AND (
        lease.id IS NULL
        OR (fence.value ->> 'lock' IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM ticket
          WHERE ticket.lease_id = lease.id AND ticket.lock = fence.value ->> 'lock' AND ticket.granted_ms IS NOT NULL)));

    -- No row, and so no new revision, when nothing is written and nothing that exists is removed.
    INSERT INTO history (revision, total_bytes, events)
      SELECT revision + 1,
        CASE WHEN new_bytes > ${maxBytes} AND new_bytes > total_bytes THEN RAISE(ABORT, '{"refused":"full"}') ELSE new_bytes END,
        CASE NEW.remove WHEN '[]' THEN NEW.put_events ELSE (
          SELECT json_group_array(json(event) ORDER BY path) FROM (
            SELECT value ->> 1 AS path, value AS event FROM json_each(NEW.put_events)
            UNION ALL
            SELECT path, json_array('remove', path) FROM file WHERE path IN (SELECT value FROM json_each(NEW.remove)))) END
      FROM (
        SELECT revision, total_bytes, total_bytes + NEW.put_bytes - CASE WHEN NEW.path IS NULL
            THEN (SELECT coalesce(sum(size_bytes), 0) FROM file WHERE path IN (SELECT value FROM json_each(NEW.paths)))
            ELSE coalesce((SELECT size_bytes FROM file WHERE path = NEW.path), 0) END AS new_bytes
        FROM history ORDER BY revision DESC LIMIT 1)
      WHERE NEW.put_events <> '[]' OR EXISTS (SELECT 1 FROM file WHERE path IN (SELECT value FROM json_each(NEW.remove)));

    DELETE FROM file WHERE NEW.remove <> '[]' AND path IN (SELECT value FROM json_each(NEW.remove));

    -- A path is a file or a folder, never both: the store can be shown as a file system. Writing one file anew cannot break that.
    SELECT RAISE(ABORT, json_object('refused', 'file-as-folder', 'path', file.path))
      FROM json_each(NEW.folders) AS folder JOIN file ON file.path = folder.value
      WHERE NOT EXISTS (SELECT 1 FROM file WHERE path = NEW.path);
    SELECT RAISE(ABORT, json_object('refused', 'folder-as-file', 'path', put.value ->> 1))
      FROM json_each(NEW.put_events) AS put
      WHERE NOT EXISTS (SELECT 1 FROM file WHERE path = NEW.path)
        AND EXISTS (SELECT 1 FROM file WHERE path > (put.value ->> 1) || '/' AND path < (put.value ->> 1) || '0');

    INSERT INTO file (path, revision, size_bytes, mtime_ms, digest, data)
      SELECT path, (SELECT max(revision) FROM history), size_bytes, NEW.time_ms, digest, data
      FROM (
        SELECT NEW.path AS path, NEW.put_bytes AS size_bytes, NEW.digest AS digest, NEW.data AS data WHERE NEW.path IS NOT NULL
        UNION ALL
        SELECT value ->> 'path', value ->> 'sizeBytes', value ->> 'digest', value ->> 'data' FROM json_each(NEW.put) WHERE NEW.put <> '[]')
      WHERE TRUE
      ON CONFLICT (path) DO UPDATE SET revision = excluded.revision, size_bytes = excluded.size_bytes, mtime_ms = excluded.mtime_ms,
        digest = excluded.digest, data = excluded.data;

    -- CASE, because the inner questions must not even be asked at every commit.
    DELETE FROM history WHERE revision <= CASE WHEN (SELECT max(revision) FROM history) % ${compactionInterval} = 0 THEN max(
      (SELECT max(revision) FROM history) - ${kept},
      (SELECT coalesce(max(revision), -1)
        FROM (SELECT revision, sum(length(events)) OVER (ORDER BY revision DESC) AS bytes FROM history) WHERE bytes > ${keptEventBytes})
    ) ELSE -1 END;
  END`

const commitStatement = `
  INSERT INTO change (${changeColumns.join(', ')}) VALUES (${changeColumns.map(() => '?').join(', ')})
  RETURNING (SELECT max(revision) FROM history) AS revision`

export interface CommitSettings {
  readonly boot: string
  readonly clock: Clock
  readonly maxStoreBytes?: number
  readonly keptCommits?: number
}

/** Gives a function that commits over the connection, which must sync each commit. */
export function committer(connection: Connection, settings: CommitSettings): (change: Change) => Promise<{revision: number}> {
  let prepared: Promise<void> | undefined
  return async (change) => {
    checkChange(change)
    prepared ??= connection.exec(commitProgram(settings.maxStoreBytes ?? maxStoreBytes, settings.keptCommits ?? keptCommits))
    await prepared
    const row = await connection.first<{revision: number}>(commitStatement, valuesOf(change, settings))
      .catch((error: unknown) => {
        const refusal = refusalIn(error)
        throw refusal === undefined ? error : explainRefusal(refusal)
      })
    if (row === undefined) throw new AppError('internal', 'the configuration store gave no revision for a commit')
    return row
  }
}

function valuesOf(change: Change, settings: CommitSettings): Value[] {
  const remove = change.remove ?? []
  const puts = Object.entries(change.put ?? {}).sort(([one], [two]) => (one < two ? -1 : 1)).map(([path, data]) => (
    {path, data, sizeBytes: storedBytes(path, data), digest: createHash('sha1').update(data).digest('hex')}))
  const [first] = puts
  const only = puts.length === 1 && remove.length === 0 ? first : undefined
  const paths = puts.map(({path}) => path)
  return [
    jsonOf(change.expect ?? {}),
    jsonOf(change.fences ?? []),
    only?.path ?? null,
    only?.data ?? null,
    only?.digest ?? null,
    jsonOf(only === undefined ? puts : []),
    jsonOf(paths.map((path) => ['put', path])),
    puts.reduce((sum, {sizeBytes}) => sum + sizeBytes, 0),
    jsonOf(remove),
    jsonOf(only === undefined ? [...paths, ...remove] : []),
    jsonOf([...new Set(paths.flatMap(foldersOf))]),
    settings.boot,
    settings.clock.monotonicMs(),
    settings.clock.now(),
  ]
}

const jsonOf = (value: unknown): string => JSON.stringify(value)

/** What the trigger said, if the error came from it. */
function refusalIn(error: unknown): Refusal | undefined {
  const cause = error instanceof AppError ? error.cause : undefined
  if (!(cause instanceof Error)) return undefined
  const text = /^SQLITE_CONSTRAINT: (\{"refused":.*\})$/s.exec(cause.message)?.[1]
  return text === undefined ? undefined : JSON.parse(text) as Refusal
}
