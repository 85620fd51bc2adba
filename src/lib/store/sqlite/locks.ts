// Fair locks: whoever wants one draws a ticket, and the lowest ticket whose process is there gets it. The queue is in the database, so
// it is the same for all processes, and commit.ts checks the fence in the very statement that writes.
import {CancelledError, UnavailableError} from '../../base/index.ts'
import type {Clock} from '../../base/index.ts'
import {checkPath} from '../check-change.ts'
import type {HeldLock, Lease, LockHolder, LockOptions} from '../store.ts'
import {ChangeNotice} from './change-notice.ts'
import type {Connection} from './connection.ts'
import {startHeartbeat} from './heartbeat.ts'
import type {Heartbeat} from './heartbeat.ts'
import type {Leases} from './leases.ts'
import {mayBeAlive} from './process-identity.ts'

/** A waiter looks for a dead holder this often; commits of others wake it earlier. */
const lookMs = 250
/** Waiters further back look less often, so that a long queue does not wake as a whole at every commit. */
const paceMs = 5
const maxPaceMs = 100
const maxReasonLength = 200

interface TicketRow {
  readonly number: number
  readonly lease_id: string
  readonly reason: string
  readonly node: string
  readonly pid: number
  readonly process: string
  readonly queued_ms: number
  readonly granted_ms: number | null
  readonly alive: number
}

export interface LockSettings {
  readonly connection: Connection
  readonly leases: Leases
  readonly databasePath: string
  readonly clock: Clock
  readonly boot: string
  readonly node: string
  /** See process-identity.ts. */
  readonly identity: string
  readonly ttlMs: number
  /** Fires when the store is closed. */
  readonly closed: AbortSignal
}

export class Locks {
  readonly #settings: LockSettings
  readonly #held = new Set<HeldLock>()

  constructor(settings: LockSettings) {
    this.#settings = settings
  }

  /** See Store.lock. */
  async lock(name: string, options: LockOptions): Promise<HeldLock> {
    checkPath(name, 'lock')
    const {clock, closed} = this.#settings
    const signal = options.signal === undefined ? closed : AbortSignal.any([options.signal, closed])
    if (signal.aborted) throw new CancelledError()
    const deadlineMs = clock.monotonicMs() + options.timeoutMs
    const ticket = new Ticket(name, options.reason, this.#settings)
    try {
      await ticket.draw()
      if (!await ticket.take()) await this.#waitFor(ticket, options, deadlineMs, signal)
    } catch (error) {
      await ticket.giveBack().catch(() => undefined)
      throw signal.aborted && !(error instanceof CancelledError) ? new CancelledError(undefined, {cause: error}) : error
    }
    const held: HeldLock = {
      name,
      fence: {leaseId: ticket.lease.id, lock: name},
      lost: ticket.lost,
      release: async () => { this.#held.delete(held); await ticket.giveBack() },
    }
    this.#held.add(held)
    return held
  }

  async holder(name: string): Promise<LockHolder | undefined> {
    checkPath(name, 'lock')
    const [first] = (await readQueue(name, this.#settings)).filter(standsBehind)
    return first === undefined || first.granted_ms === null ? undefined : holderOf(first)
  }

  async releaseAll(): Promise<void> {
    await Promise.allSettled([...this.#held].map((held) => held.release()))
  }

  async #waitFor(ticket: Ticket, options: LockOptions, deadlineMs: number, signal: AbortSignal): Promise<void> {
    const {clock, databasePath} = this.#settings
    const notice = new ChangeNotice(databasePath, clock)
    let told = false
    try {
      for (;;) {
        const queue = await this.#dropDead(await readQueue(ticket.lockName, this.#settings))
        const ahead = queue.findIndex((row) => row.number === ticket.number)
        if (ahead !== -1 && await ticket.take()) return
        const holder = ahead === 0 ? undefined : queue[0]
        if (holder !== undefined && !told) { told = true; options.onWait?.(holderOf(holder)) }
        const leftMs = deadlineMs - clock.monotonicMs()
        if (leftMs <= 0) throw timeoutError(ticket.lockName, options.timeoutMs, holder, clock)
        // Stopped for longer than its lease, this process has lost its place.
        if (ahead === -1) { await ticket.draw(); continue }
        if (ahead > 1) await clock.sleep(Math.min(leftMs, maxPaceMs, paceMs * (ahead - 1)), signal)
        await notice.wait(signal, Math.max(0, Math.min(lookMs, leftMs)))
      }
    } finally {
      notice.close()
    }
  }

  /** Takes tickets off the queue that nobody stands behind any more, as far as to the first living one. */
  async #dropDead(queue: TicketRow[]): Promise<TicketRow[]> {
    const {connection, leases} = this.#settings
    const firstLiving = queue.findIndex(standsBehind)
    for (const row of queue.slice(0, firstLiving === -1 ? queue.length : firstLiving)) {
      if (row.alive === 0) await leases.removeExpired()
      else await connection.all('DELETE FROM lease WHERE id = ?', [row.lease_id])
    }
    return firstLiving === -1 ? [] : queue.slice(firstLiving)
  }
}

/** One place in the queue, with the lease that keeps it. */
class Ticket {
  readonly lockName: string
  readonly #reason: string
  readonly #settings: LockSettings
  #heartbeat: Heartbeat | undefined
  #lease: Lease = {id: '', ttlMs: 0}
  #number = 0

  constructor(lockName: string, reason: string, settings: LockSettings) {
    this.lockName = lockName
    this.#reason = tidyReason(reason)
    this.#settings = settings
  }

  get number(): number { return this.#number }
  get lease(): Lease { return this.#lease }
  get lost(): AbortSignal { return this.#heartbeat?.lost ?? AbortSignal.abort() }

  /** Queues at the end. */
  async draw(): Promise<void> {
    const {connection, leases, clock, node, identity, ttlMs} = this.#settings
    this.#heartbeat?.stop()
    this.#lease = await leases.grant(ttlMs)
    this.#heartbeat = startHeartbeat(this.#lease, leases, clock)
    const row = await connection.first<{number: number}>(
      'INSERT INTO ticket (lock, lease_id, reason, node, pid, process, queued_ms) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING number',
      [this.lockName, this.#lease.id, this.#reason, node, process.pid, identity, clock.now()])
    this.#number = row?.number ?? 0
  }

  /** Takes the lock if nobody stands before this ticket. */
  async take(): Promise<boolean> {
    const {connection, boot, clock} = this.#settings
    const taken = await connection.all(`
      UPDATE ticket SET granted_ms = ?
      WHERE number = ? AND NOT EXISTS (SELECT 1 FROM ticket AS before WHERE before.lock = ticket.lock AND before.number < ticket.number)
        AND EXISTS (SELECT 1 FROM lease WHERE lease.id = ticket.lease_id AND boot = ? AND expires_ms > ?)
      RETURNING number`, [clock.now(), this.#number, boot, clock.monotonicMs()])
    return taken.length > 0
  }

  async giveBack(): Promise<void> {
    this.#heartbeat?.stop()
    await this.#settings.leases.revoke(this.#lease.id)
  }
}

/** Somebody lives who waits with this ticket, or holds the lock by it. */
function standsBehind(row: TicketRow): boolean {
  return row.alive === 1 && mayBeAlive(row.process)
}

/** The tickets for a lock, in order. */
async function readQueue(name: string, {connection, boot, clock}: LockSettings): Promise<TicketRow[]> {
  return connection.all<TicketRow>(`
    SELECT number, lease_id, reason, node, pid, process, queued_ms, granted_ms,
      EXISTS (SELECT 1 FROM lease WHERE lease.id = ticket.lease_id AND boot = ? AND expires_ms > ?) AS alive
    FROM ticket WHERE lock = ? ORDER BY number`, [boot, clock.monotonicMs(), name])
}

function holderOf({reason, node, pid, queued_ms, granted_ms}: TicketRow): LockHolder {
  return {reason, node, pid, sinceMs: granted_ms ?? queued_ms}
}

function timeoutError(name: string, timeoutMs: number, holder: TicketRow | undefined, clock: Clock): UnavailableError {
  if (holder === undefined) return new UnavailableError(`the lock '${name}' could not be taken within ${timeoutMs / 1000} s`, {data: {lock: name}})
  const {reason, node, pid, sinceMs} = holderOf(holder)
  const sinceText = new Date(sinceMs).toISOString().slice(0, 19).replace('T', ' ')
  const heldSeconds = Math.max(0, Math.round((clock.now() - sinceMs) / 1000))
  const waited = timeoutMs > 0 ? `; gave up after ${timeoutMs / 1000} s` : ''
  return new UnavailableError(
    `the lock '${name}' is held by '${reason}' (pid ${pid} on ${node}) since ${sinceText} UTC (${heldSeconds} s)${waited}`,
    {nextSteps: ['Wait until it has ended, and run the command again.'], data: {lock: name, holder: {reason, node, pid, sinceMs}}})
}

/** One line without control characters: others print it on their terminals. */
function tidyReason(reason: string): string {
  return reason.replace(/[\p{C}\s]+/gu, ' ').trim().slice(0, maxReasonLength)
}
