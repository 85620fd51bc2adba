// The configuration store: small files under paths as in /etc/pve, with revisions, compare-and-set over several paths, watch,
// leases and fair locks with fencing. sqlite/ is the backend of a single host; test/contract/store holds what every backend must do.

/** Limits that every backend enforces with InvalidInputError (a file) and UnavailableError (the store is full). */
export const maxFileBytes = 1024 * 1024
export const maxStoreBytes = 128 * 1024 * 1024
/** Limits of one change (InvalidInputError): the paths that it names, and the data that it writes. */
export const maxChangePaths = 1000
export const maxChangeBytes = 8 * 1024 * 1024

/**
 * One stored file. Paths are relative, `a-z A-Z 0-9 . _ - : @ + ~` segments joined by `/`, without `.` and `..`; at most 255 bytes.
 * A path is a file or a folder, never both. Data is Unicode text without NUL.
 */
export interface StoredFile {
  readonly path: string
  readonly data: string
  /** The store's revision in which this file was last written. Grows with every commit. */
  readonly revision: number
  /** SHA-1 of the data in hex, as Proxmox VE's digests. */
  readonly digest: string
  readonly mtimeMs: number
}

export interface Change {
  /** Each must hold at commit: the file has this revision; null: it does not exist. */
  readonly expect?: Readonly<Record<string, number | null>>
  readonly put?: Readonly<Record<string, string>>
  readonly remove?: readonly string[]
  /** Fences: each lease must still be alive and, for a lock, still hold it. Otherwise ConflictError and nothing is written. */
  readonly fences?: readonly Fence[]
}

export interface Fence {
  readonly leaseId: string
  /** The lock that the lease must hold. */
  readonly lock?: string
}

export interface StoreEvent {
  readonly path: string
  readonly kind: 'put' | 'remove'
  readonly revision: number
}

export interface Lease {
  readonly id: string
  readonly ttlMs: number
}

export interface LockHolder {
  /** `qm start 100 (pid 4711 on h1)`: what it is doing, for messages. */
  readonly reason: string
  readonly node: string
  readonly pid: number
  readonly sinceMs: number
}

/** `exclusive`: nobody else has it. `shared`: others have it as well, all of them shared. */
export type LockMode = 'exclusive' | 'shared'

export interface LockOptions {
  /** Default `exclusive`. */
  mode?: LockMode
  /** What the lock is for, in words, shown to whoever waits. */
  reason: string
  /** Gives up with UnavailableError that names the holder and since when. 0 means: do not wait. */
  timeoutMs: number
  signal?: AbortSignal
  /** Called once when it has to wait. */
  onWait?: (holder: LockHolder) => void
}

/** A lock that is held. It is kept alive in the background until released; a dead holder's lock is passed on. */
export interface HeldLock {
  readonly name: string
  readonly fence: Fence
  /** Fires when the lock was lost (lease expired while the process was stopped). */
  readonly lost: AbortSignal
  release(): Promise<void>
}

export interface Store {
  readonly revision: () => Promise<number>
  read(path: string): Promise<StoredFile | undefined>
  /** Files below `prefix/`, sorted by path; all of them in one snapshot of the store. The empty prefix means everything. */
  list(prefix: string): Promise<StoredFile[]>
  /** All or nothing, durable when it resolves. @throws ConflictError, InvalidInputError, UnavailableError */
  commit(change: Change): Promise<{revision: number}>
  /**
   * Events after `afterRevision` of files below `prefix/` and of the file `prefix` itself: in order, none lost, those of one commit by
   * path. Ends when the signal fires. @throws UnavailableError when that revision was compacted away, or is newer than the store
   */
  watch(prefix: string, afterRevision: number, signal: AbortSignal): AsyncIterable<StoreEvent>
  /**
   * The paths that commits after `afterRevision` wrote or removed, each once, in no order; what a watch from there would tell first.
   * @throws UnavailableError as watch
   */
  changedPaths(afterRevision: number): Promise<readonly string[]>
  grantLease(ttlMs: number): Promise<Lease>
  /** @throws ConflictError when it has expired */
  keepAlive(leaseId: string): Promise<void>
  revokeLease(leaseId: string): Promise<void>
  /**
   * First come, first served: whoever wants a lock shared waits behind one who came earlier and wants it for himself, so that neither starves.
   * @throws UnavailableError naming the holder; CancelledError
   */
  lock(name: string, options: LockOptions): Promise<HeldLock>
  /** Of several who share it, the first. */
  lockHolder(name: string): Promise<LockHolder | undefined>
  close(): Promise<void>
}
