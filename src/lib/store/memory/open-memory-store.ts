// A store that lives and dies with the process: for tests of what lies above the store, and for simulations with a clock of their
// own. It keeps the promises of the interface (it passes the contract suite) except durability.
import {createHash, randomUUID} from 'node:crypto'
import {ConflictError} from '../../base/index.ts'
import type {Clock} from '../../base/index.ts'
import {checkChange, checkLeaseTime, checkPath, checkPrefix, checkRevision, foldersOf, isUnderPrefix, storedBytes} from '../check-change.ts'
import {explainRefusal, explainRevision} from '../explain-refusal.ts'
import type {Refusal} from '../explain-refusal.ts'
import {FairLocks} from '../fair-locks.ts'
import type {Notice, Ticket, TicketQueue} from '../fair-locks.ts'
import {maxStoreBytes} from '../store.ts'
import type {Change, Store, StoredFile, StoreEvent} from '../store.ts'

/** What the clients of one store share. */
export interface MemoryStoreData {
  revision: number
  readonly files: Map<string, StoredFile>
  /** The last commits, oldest first. */
  readonly history: {revision: number; events: StoreEvent[]}[]
  readonly leases: Map<string, {ttlMs: number; expiresMs: number}>
  readonly tickets: (Ticket & {readonly lock: string})[]
  ticketCount: number
  /** Called after each change. */
  readonly listeners: Set<() => void>
}

export function newMemoryStoreData(): MemoryStoreData {
  return {revision: 0, files: new Map(), history: [], leases: new Map(), tickets: [], ticketCount: 0, listeners: new Set()}
}

export interface MemoryStoreOptions {
  readonly node: string
  readonly clock: Clock
  /** Of another client, to share its files; default: a new, empty store. */
  readonly data?: MemoryStoreData
  readonly lockTtlMs?: number
  readonly maxStoreBytes?: number
  readonly keptCommits?: number
}

export function openMemoryStore(options: MemoryStoreOptions): Store {
  const {clock, data = newMemoryStoreData()} = options
  const closing = new AbortController()
  const leases = memoryLeases(data, clock)
  const queue = memoryTickets(data, options, leases.lives)
  const locks = new FairLocks({queue, leases, clock, closed: closing.signal, ttlMs: options.lockTtlMs ?? 30_000})
  return {
    revision: async () => data.revision,
    async read(path) { checkPath(path); return data.files.get(path) },
    async list(prefix) {
      const folder = checkPrefix(prefix)
      return [...data.files.values()].filter(({path}) => path !== folder && isUnderPrefix(path, folder)).sort(byPath)
    },
    async commit(change) {
      checkChange(change)
      const refusal = refusalOf(change, data, options.maxStoreBytes ?? maxStoreBytes, leases.lives)
      if (refusal !== undefined) throw explainRefusal(refusal)
      apply(change, data, clock.now(), options.keptCommits ?? 10_000)
      return {revision: data.revision}
    },
    watch(prefix, afterRevision, signal) {
      checkRevision(afterRevision)
      return watchData(checkPrefix(prefix), afterRevision, data, clock, AbortSignal.any([signal, closing.signal]))
    },
    async changedPaths(afterRevision) {
      checkRevision(afterRevision)
      const outside = explainRevision(afterRevision, data.history[0]?.revision ?? 0, data.revision)
      if (outside !== undefined) throw outside
      return [...new Set(data.history.filter(({revision}) => revision > afterRevision).flatMap(({events}) => events.map(({path}) => path)))]
    },
    grantLease: leases.grantLease,
    keepAlive: leases.keepAlive,
    revokeLease: leases.revokeLease,
    lock: (name, lockOptions) => locks.lock(name, lockOptions),
    lockHolder: (name) => locks.holder(name),
    async close() { closing.abort(); await locks.releaseAll() },
  }
}

const byPath = (one: {path: string}, two: {path: string}) => (one.path < two.path ? -1 : 1)

function refusalOf(change: Change, data: MemoryStoreData, maxBytes: number, lives: (leaseId: string) => boolean): Refusal | undefined {
  for (const [path, expected] of Object.entries(change.expect ?? {})) {
    const found = data.files.get(path)?.revision ?? null
    if (found !== expected) return {refused: 'revision', path, expected, found}
  }
  for (const {leaseId, lock} of change.fences ?? []) {
    const holds = lock === undefined || data.tickets.some((ticket) => ticket.lock === lock && ticket.leaseId === leaseId && ticket.granted)
    if (!lives(leaseId) || !holds) return {refused: 'fence', lock: lock ?? null}
  }
  const after = new Map([...data.files.values()].map((file) => [file.path, file.data]))
  const bytes = () => [...after].reduce((sum, [path, text]) => sum + storedBytes(path, text), 0)
  const bytesBefore = bytes()
  for (const path of change.remove ?? []) after.delete(path)
  for (const [path, text] of Object.entries(change.put ?? {})) after.set(path, text)
  if (bytes() > Math.max(maxBytes, bytesBefore)) return {refused: 'full'}
  for (const path of Object.keys(change.put ?? {})) {
    const file = foldersOf(path).find((folder) => after.has(folder))
    if (file !== undefined) return {refused: 'file-as-folder', path: file}
    if ([...after.keys()].some((other) => other.startsWith(`${path}/`))) return {refused: 'folder-as-file', path}
  }
  return undefined
}

function apply(change: Change, data: MemoryStoreData, mtimeMs: number, keptCommits: number): void {
  const revision = data.revision + 1
  const events: StoreEvent[] = []
  for (const path of change.remove ?? []) if (data.files.delete(path)) events.push({path, kind: 'remove', revision})
  for (const [path, text] of Object.entries(change.put ?? {})) {
    data.files.set(path, {path, data: text, revision, digest: createHash('sha1').update(text).digest('hex'), mtimeMs})
    events.push({path, kind: 'put', revision})
  }
  if (events.length === 0) return
  data.revision = revision
  data.history.push({revision, events: events.sort(byPath)})
  if (data.history.length > keptCommits) data.history.shift()
  tell(data)
}

async function* watchData(
  prefix: string, afterRevision: number, data: MemoryStoreData, clock: Clock, signal: AbortSignal,
): AsyncGenerator<StoreEvent, void, undefined> {
  const notice = listen(data, clock)
  try {
    for (let seenRevision = afterRevision; !signal.aborted;) {
      const outside = explainRevision(seenRevision, data.history[0]?.revision ?? 0, data.revision)
      if (outside !== undefined) throw outside
      const next = data.history.find(({revision}) => revision > seenRevision)
      if (next === undefined) { await notice.wait(signal, 1000).catch(() => undefined); continue }
      seenRevision = next.revision
      for (const event of next.events) if (!signal.aborted && isUnderPrefix(event.path, prefix)) yield event
    }
  } finally {
    notice.close()
  }
}

function memoryLeases(data: MemoryStoreData, clock: Clock) {
  const lives = (id: string) => (data.leases.get(id)?.expiresMs ?? 0) > clock.monotonicMs()
  return {
    lives,
    grantLease: async (ttlMs: number) => {
      checkLeaseTime(ttlMs)
      const id = randomUUID()
      data.leases.set(id, {ttlMs, expiresMs: clock.monotonicMs() + ttlMs})
      return {id, ttlMs}
    },
    keepAlive: async (id: string) => {
      const lease = data.leases.get(id)
      if (lease === undefined || !lives(id)) throw new ConflictError('the lease has expired')
      lease.expiresMs = clock.monotonicMs() + lease.ttlMs
    },
    revokeLease: async (id: string) => { removeLease(data, id) },
  }
}

function removeLease(data: MemoryStoreData, leaseId: string): void {
  data.leases.delete(leaseId)
  data.tickets.splice(0, data.tickets.length, ...data.tickets.filter((ticket) => ticket.leaseId !== leaseId))
  tell(data)
}

function memoryTickets(data: MemoryStoreData, {node, clock}: MemoryStoreOptions, lives: (leaseId: string) => boolean): TicketQueue {
  const inQueue = (lock: string) => data.tickets.filter((ticket) => ticket.lock === lock)
  return {
    async add(lock, leaseId, reason, mode) {
      const number = ++data.ticketCount
      data.tickets.push({lock, number, leaseId, holder: {reason, node, pid: process.pid, sinceMs: clock.now()}, granted: false, mode, isAlive: () => lives(leaseId)})
      return number
    },
    list: async (lock) => inQueue(lock),
    async take(lock, number) {
      const own = inQueue(lock).find((ticket) => ticket.number === number)
      if (own === undefined || !lives(own.leaseId)) return false
      const before = inQueue(lock).filter((ticket) => ticket.number < number)
      if (before.some((ticket) => ticket.mode === 'exclusive' || own.mode === 'exclusive')) return false
      data.tickets[data.tickets.indexOf(own)] = {...own, granted: true, holder: {...own.holder, sinceMs: clock.now()}}
      return true
    },
    async drop(ticket) { if (!lives(ticket.leaseId)) removeLease(data, ticket.leaseId) },
    listen: () => listen(data, clock),
  }
}

function tell(data: MemoryStoreData): void {
  for (const listener of data.listeners) listener()
}

function listen(data: MemoryStoreData, clock: Clock): Notice {
  let changed = false
  let wake: (() => void) | undefined
  const listener = () => { changed = true; wake?.() }
  data.listeners.add(listener)
  return {
    async wait(signal, atMostMs) {
      const ended = new AbortController()
      const slept = clock.sleep(changed ? 0 : atMostMs, AbortSignal.any([signal, ended.signal]))
      try {
        await Promise.race([new Promise<void>((resolve) => { wake = resolve }), slept])
      } finally {
        changed = false
        ended.abort()
        slept.catch(() => undefined)
      }
    },
    close() { data.listeners.delete(listener) },
  }
}
