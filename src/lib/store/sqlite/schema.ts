// The tables and how they come to be. A new version appends a migration; one that has been released is never changed.
import {AppError, UnavailableError, UnsupportedError, systemClock} from '../../base/index.ts'
import type {Connection} from './connection.ts'

/** Marks the file as ours (PRAGMA application_id): "Corr". */
const applicationId = 0x436f7272

/**
 * history: one row for each commit; the last one is the store's state (revision, bytes in all). A watch reads from it, and old rows
 * are dropped (commit.ts). Kept in one table so that a commit writes few pages.
 * lease: expires_ms counts on the monotonic clock of that boot of the machine.
 * ticket: the queue for each lock, in order of number; the one with granted_ms holds it, or several whose mode is `shared`. A ticket lives as
 * long as its lease.
 */
const migrations: readonly string[] = [`
  CREATE TABLE file (
    path TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    mtime_ms INTEGER NOT NULL,
    digest TEXT NOT NULL,
    data TEXT NOT NULL
  ) STRICT;
  CREATE TABLE history (
    revision INTEGER PRIMARY KEY,
    total_bytes INTEGER NOT NULL,
    events TEXT NOT NULL
  ) STRICT;
  INSERT INTO history (revision, total_bytes, events) VALUES (0, 0, '[]');
  CREATE TABLE lease (
    id TEXT PRIMARY KEY,
    ttl_ms INTEGER NOT NULL,
    boot TEXT NOT NULL,
    expires_ms REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE ticket (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    lock TEXT NOT NULL,
    lease_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    node TEXT NOT NULL,
    pid INTEGER NOT NULL,
    process TEXT NOT NULL,
    queued_ms INTEGER NOT NULL,
    granted_ms INTEGER
  ) STRICT;
  CREATE INDEX ticket_lock ON ticket (lock, number);
  CREATE INDEX ticket_lease ON ticket (lease_id);
  CREATE TRIGGER lease_gone AFTER DELETE ON lease BEGIN
    DELETE FROM ticket WHERE lease_id = OLD.id;
  END;
`, `
  ALTER TABLE ticket ADD COLUMN mode TEXT NOT NULL DEFAULT 'exclusive';
`]

interface Version {
  readonly version: number
  readonly application: number
  readonly tables: number
}

/**
 * Brings the database to the version that this program knows; costs one small read when it is there already.
 * @throws UnsupportedError for a newer version; AppError for a database of something else
 */
export async function ensureSchema(connection: Connection, path: string, busyTimeoutMs: number): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + busyTimeoutMs
  for (;;) {
    const {version, application, tables} = await readVersion(connection)
    if (application !== applicationId && (version !== 0 || tables > 0)) {
      throw new AppError('internal', `the file ${path} is an SQLite database, but not a configuration store of Corral`)
    }
    if (version === migrations.length) return
    if (version > migrations.length) {
      throw new UnsupportedError(
        `the configuration store ${path} was written by a newer Corral (its version ${version}, this program knows ${migrations.length})`,
        {nextSteps: ['Update Corral on this host.']})
    }
    try {
      await migrate(connection, version)
    } catch (error) {
      // Another process may be doing the same at this moment: look again, for a limited time.
      await connection.exec('ROLLBACK').catch(() => undefined)
      const {version: now} = await readVersion(connection)
      if (now === version && (!(error instanceof UnavailableError) || systemClock.monotonicMs() > deadlineMs)) throw error
      await systemClock.sleep(20)
    }
  }
}

async function readVersion(connection: Connection): Promise<Version> {
  const row = await connection.first<Version>(`
    SELECT user_version AS version, application_id AS application, (SELECT count(*) FROM sqlite_schema) AS tables
    FROM pragma_user_version, pragma_application_id`)
  return row ?? {version: 0, application: 0, tables: 0}
}

async function migrate(connection: Connection, from: number): Promise<void> {
  // The page size can only be chosen for an empty database. Small pages keep the bytes written for a small file few: a commit
  // writes whole pages, first to the WAL and then to the database.
  if (from === 0) await connection.exec('PRAGMA page_size = 1024; PRAGMA journal_mode = WAL')
  const steps = migrations.slice(from).join('\n')
  await connection.exec(
    `BEGIN IMMEDIATE; ${steps} PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}; COMMIT`)
}
