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
import type {Connection} from './connection.ts'

/** How many commits a watch can lag behind. Old ones are dropped every `compactionInterval` commits, several at once. */
export const keptCommits = 10_000
const compactionInterval = 256

// A refusal leaves the trigger as the message of RAISE(ABORT), which also takes back what was written before it.
const commitProgram = `
  CREATE TEMP VIEW change (expect, fences, put, remove, folders, boot, monotonic_ms, time_ms, max_bytes, kept_commits) AS
    SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL WHERE FALSE;

  CREATE TEMP TRIGGER apply_change INSTEAD OF INSERT ON change BEGIN
    SELECT RAISE(ABORT, json_object('refused', 'revision', 'path', wanted.key, 'expected', wanted.value, 'found', file.revision))
      FROM json_each(NEW.expect) AS wanted LEFT JOIN file ON file.path = wanted.key
      WHERE file.revision IS NOT wanted.value;

    -- A lock is only passed on after its lease was deleted, so that even a process stopped right before this statement is refused.
    SELECT RAISE(ABORT, json_object('refused', 'fence', 'lock', fence.value ->> 'lock'))
      FROM json_each(NEW.fences) AS fence
      LEFT JOIN lease ON lease.id = fence.value ->> 'leaseId' AND lease.boot = NEW.boot AND lease.expires_ms > NEW.monotonic_ms
      WHERE lease.id IS NULL
        OR (fence.value ->> 'lock' IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM ticket
          WHERE ticket.lease_id = lease.id AND ticket.lock = fence.value ->> 'lock' AND ticket.granted_ms IS NOT NULL));

    INSERT INTO history (revision, total_bytes, events)
      SELECT last.revision + 1, last.total_bytes + effect.growth_bytes, effect.events
      FROM (SELECT revision, total_bytes FROM history ORDER BY revision DESC LIMIT 1) AS last,
        (SELECT count(*) AS count, sum(growth_bytes) AS growth_bytes, json_group_array(json_array(kind, path) ORDER BY path) AS events
          FROM (
            SELECT 'put' AS kind, put.value ->> 'path' AS path, (put.value ->> 'sizeBytes') - coalesce(file.size_bytes, 0) AS growth_bytes
              FROM json_each(NEW.put) AS put LEFT JOIN file ON file.path = put.value ->> 'path'
            UNION ALL
            SELECT 'remove', file.path, -file.size_bytes
              FROM file WHERE file.path IN (SELECT value FROM json_each(NEW.remove))
          )) AS effect
      WHERE effect.count > 0;
    SELECT RAISE(ABORT, json_object('refused', 'full'))
      FROM history AS now, history AS before
      WHERE now.revision = (SELECT max(revision) FROM history) AND before.revision = now.revision - 1
        AND now.total_bytes > NEW.max_bytes AND now.total_bytes > before.total_bytes;

    DELETE FROM file WHERE path IN (SELECT value FROM json_each(NEW.remove));
    INSERT INTO file (path, revision, size_bytes, mtime_ms, digest, data)
      SELECT put.value ->> 'path', (SELECT max(revision) FROM history), put.value ->> 'sizeBytes', NEW.time_ms,
        put.value ->> 'digest', put.value ->> 'data'
      FROM json_each(NEW.put) AS put WHERE TRUE
      ON CONFLICT (path) DO UPDATE SET revision = excluded.revision, size_bytes = excluded.size_bytes, mtime_ms = excluded.mtime_ms,
        digest = excluded.digest, data = excluded.data;

    -- A path is a file or a folder, never both: the store can be shown as a file system.
    SELECT RAISE(ABORT, json_object('refused', 'file-as-folder', 'path', file.path))
      FROM json_each(NEW.folders) AS folder JOIN file ON file.path = folder.value;
    SELECT RAISE(ABORT, json_object('refused', 'folder-as-file', 'path', put.value ->> 'path'))
      FROM json_each(NEW.put) AS put
      WHERE EXISTS (SELECT 1 FROM file WHERE path > (put.value ->> 'path') || '/' AND path < (put.value ->> 'path') || '0');

    DELETE FROM history
      WHERE (SELECT max(revision) FROM history) % ${compactionInterval} = 0
        AND revision <= (SELECT max(revision) FROM history) - NEW.kept_commits;
  END`

const commitStatement = `
  INSERT INTO change (expect, fences, put, remove, folders, boot, monotonic_ms, time_ms, max_bytes, kept_commits)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
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
    prepared ??= connection.exec(commitProgram)
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

function valuesOf(change: Change, settings: CommitSettings): (string | number)[] {
  const puts = Object.entries(change.put ?? {}).map(([path, data]) => (
    {path, data, sizeBytes: storedBytes(path, data), digest: createHash('sha1').update(data).digest('hex')}))
  const folders = new Set(puts.flatMap(({path}) => foldersOf(path)))
  return [
    JSON.stringify(change.expect ?? {}),
    JSON.stringify(change.fences ?? []),
    JSON.stringify(puts),
    JSON.stringify(change.remove ?? []),
    JSON.stringify([...folders]),
    settings.boot,
    settings.clock.monotonicMs(),
    settings.clock.now(),
    settings.maxStoreBytes ?? maxStoreBytes,
    settings.keptCommits ?? keptCommits,
  ]
}

/** What the trigger said, if the error came from it. */
function refusalIn(error: unknown): Refusal | undefined {
  const cause = error instanceof AppError ? error.cause : undefined
  if (!(cause instanceof Error)) return undefined
  const text = /^SQLITE_CONSTRAINT: (\{"refused":.*\})$/s.exec(cause.message)?.[1]
  return text === undefined ? undefined : JSON.parse(text) as Refusal
}
