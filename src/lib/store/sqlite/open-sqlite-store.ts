// The store of a single host: one SQLite database, used by several processes at once without a daemon.
import type {Clock} from '../../base/index.ts'
import {AppError} from '../../base/index.ts'
import {checkPath, checkPrefix, checkRevision} from '../check-change.ts'
import {FairLocks} from '../fair-locks.ts'
import type {Store, StoredFile} from '../store.ts'
import {committer} from './commit.ts'
import {Connection} from './connection.ts'
import {ensurePrivateFile} from './database-file.ts'
import {Leases} from './leases.ts'
import {ownIdentity, readBootId} from './process-identity.ts'
import {ensureSchema} from './schema.ts'
import {SqliteTickets} from './tickets.ts'
import {changedPaths, watchHistory} from './watch.ts'

export interface SqliteStoreOptions {
  /** The database file, in a folder of its own; both are made when they do not exist. */
  readonly path: string
  /** This node's name, for messages about who holds a lock. */
  readonly node: string
  readonly clock: Clock
  /** How long a statement waits while other processes commit. Default 10,000. */
  readonly busyTimeoutMs?: number
  /** How long a lock outlives a holder that was stopped; a dead one's is passed on at once. Default 30,000. */
  readonly lockTtlMs?: number
  /** Limits, lower for tests. */
  readonly maxStoreBytes?: number
  readonly keptCommits?: number
}

interface FileRow {
  readonly path: string
  readonly data: string
  readonly revision: number
  readonly digest: string
  readonly mtimeMs: number
}

const fileColumns = 'path, data, revision, digest, mtime_ms AS mtimeMs'

/**
 * Opens the store; cheap, as each command does it.
 * @throws ForbiddenError when the file is not private or may not be opened; UnsupportedError when a newer Corral wrote it;
 * UnavailableError when the disk is full or read-only; AppError of kind internal when it is damaged
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const {path, clock} = options
  const busyTimeoutMs = options.busyTimeoutMs ?? 10_000
  ensurePrivateFile(path)
  const files = await Connection.open({path, durability: 'full', busyTimeoutMs})
  try {
    await ensureSchema(files, path, busyTimeoutMs)
  } catch (error) {
    await files.close()
    throw error
  }
  const closing = new AbortController()
  const boot = readBootId()
  const commit = committer(files, {...options, boot})
  const coordination = lazily(async () => openCoordination(options, boot, busyTimeoutMs, closing.signal))

  return {
    revision: async () => (await files.first<{revision: number}>('SELECT max(revision) AS revision FROM history'))?.revision ?? 0,
    async read(filePath) {
      checkPath(filePath)
      return files.first<StoredFile>(`SELECT ${fileColumns} FROM file WHERE path = ?`, [filePath])
    },
    async list(prefix) {
      const folder = checkPrefix(prefix)
      if (folder === '') return files.all<FileRow>(`SELECT ${fileColumns} FROM file ORDER BY path`)
      // '0' follows '/' in ASCII: exactly the paths that begin with `folder/`.
      return files.all<FileRow>(`SELECT ${fileColumns} FROM file WHERE path > ? AND path < ? ORDER BY path`, [`${folder}/`, `${folder}0`])
    },
    commit,
    watch(prefix, afterRevision, signal) {
      checkRevision(afterRevision)
      return watchHistory(checkPrefix(prefix), afterRevision,
        {connection: files, databasePath: path, clock, signal: AbortSignal.any([signal, closing.signal])})
    },
    async changedPaths(afterRevision) {
      checkRevision(afterRevision)
      return changedPaths(files, afterRevision)
    },
    grantLease: async (ttlMs) => (await coordination.get()).leases.grantLease(ttlMs),
    keepAlive: async (leaseId) => (await coordination.get()).leases.keepAlive(leaseId),
    revokeLease: async (leaseId) => (await coordination.get()).leases.revokeLease(leaseId),
    lock: async (name, lockOptions) => (await coordination.get()).locks.lock(name, lockOptions),
    lockHolder: async (name) => (await coordination.get()).locks.holder(name),
    async close() {
      if (closing.signal.aborted) return
      closing.abort()
      if (coordination.started) await coordination.get().then((opened) => opened.close(), () => undefined)
      await files.close()
    },
  }
}

/** Leases and locks have a connection of their own: they need no sync, and many commands need no locks. */
async function openCoordination(options: SqliteStoreOptions, boot: string, busyTimeoutMs: number, closed: AbortSignal) {
  const {path, clock, node} = options
  if (closed.aborted) throw new AppError('internal', 'the configuration store was closed')
  const connection = await Connection.open({path, durability: 'normal', busyTimeoutMs})
  const leases = new Leases(connection, clock, boot)
  const queue = new SqliteTickets({connection, leases, clock, boot, node, databasePath: path, identity: ownIdentity()})
  const locks = new FairLocks({queue, leases, clock, closed, ttlMs: options.lockTtlMs ?? 30_000})
  return {leases, locks, close: async () => { await locks.releaseAll(); await connection.close() }}
}

/** Makes a thing when it is first asked for; once. */
function lazily<T>(make: () => Promise<T>): {get: () => Promise<T>; readonly started: boolean} {
  let made: Promise<T> | undefined
  return {get: () => (made ??= make()), get started() { return made !== undefined }}
}
