// Fair locks for any backend: whoever wants one draws a ticket, and the lowest ticket behind which somebody stands gets it. This is
// the waiting, the timeouts and what they say; where tickets are kept is the backend's matter (TicketQueue).
import {CancelledError, UnavailableError} from '../base/index.ts'
import type {Clock} from '../base/index.ts'
import {checkPath} from './check-change.ts'
import {startHeartbeat} from './heartbeat.ts'
import type {Heartbeat} from './heartbeat.ts'
import type {HeldLock, Lease, LockHolder, LockOptions, Store} from './store.ts'

/** A waiter looks for a dead holder this often; commits of others wake it earlier. */
const lookMs = 250
/** Waiters further back look less often, so that a long queue does not wake as a whole at every commit. */
const paceMs = 5
const maxPaceMs = 100
const maxReasonLength = 200

export interface Ticket {
  readonly number: number
  readonly leaseId: string
  /** `sinceMs` counts from when it got the lock, before that from when it queued. */
  readonly holder: LockHolder
  readonly granted: boolean
  /** Its lease lives, and so does its process as far as can be told. */
  readonly alive: boolean
}

/** Where a backend keeps the tickets. A ticket is gone when its lease is revoked or removed. */
export interface TicketQueue {
  /** Adds a ticket at the end; gives its number. */
  add(lock: string, leaseId: string, reason: string): Promise<number>
  /** All tickets for a lock, in order. */
  list(lock: string): Promise<readonly Ticket[]>
  /** Grants the lock to this ticket if none is before it and its lease lives; atomic. */
  take(lock: string, number: number): Promise<boolean>
  /** Removes the lease of a ticket that is not alive, unless it was renewed meanwhile. */
  drop(ticket: Ticket): Promise<void>
  /** A way to wait until the queue may have changed. */
  listen(): Notice
}

export interface Notice {
  /** Resolves when there may be something new, and after `atMostMs` anyway. @throws CancelledError when the signal fires */
  wait(signal: AbortSignal, atMostMs: number): Promise<void>
  close(): void
}

export interface LockSettings {
  readonly queue: TicketQueue
  readonly leases: Pick<Store, 'grantLease' | 'keepAlive' | 'revokeLease'>
  readonly clock: Clock
  readonly ttlMs: number
  /** Fires when the store is closed. */
  readonly closed: AbortSignal
}

export class FairLocks {
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
    const place = new Place(name, options.reason, this.#settings)
    try {
      await place.draw()
      if (!await place.take()) await this.#waitFor(place, options, deadlineMs, signal)
    } catch (error) {
      await place.giveBack().catch(() => undefined)
      throw signal.aborted && !(error instanceof CancelledError) ? new CancelledError(undefined, {cause: error}) : error
    }
    const held: HeldLock = {
      name,
      fence: {leaseId: place.leaseId, lock: name},
      lost: place.lost,
      release: async () => { this.#held.delete(held); await place.giveBack() },
    }
    this.#held.add(held)
    return held
  }

  /** See Store.lockHolder. */
  async holder(name: string): Promise<LockHolder | undefined> {
    checkPath(name, 'lock')
    const first = (await this.#settings.queue.list(name)).find((ticket) => ticket.alive)
    return first?.granted === true ? first.holder : undefined
  }

  async releaseAll(): Promise<void> {
    await Promise.allSettled([...this.#held].map((held) => held.release()))
  }

  async #waitFor(place: Place, options: LockOptions, deadlineMs: number, signal: AbortSignal): Promise<void> {
    const {clock, queue} = this.#settings
    const notice = queue.listen()
    let told = false
    try {
      for (;;) {
        const tickets = await this.#dropDead(await queue.list(place.lockName))
        const ahead = tickets.findIndex((ticket) => ticket.number === place.number)
        if (ahead !== -1 && await place.take()) return
        const holder = ahead === 0 ? undefined : tickets[0]?.holder
        if (holder !== undefined && !told) { told = true; options.onWait?.(holder) }
        const leftMs = deadlineMs - clock.monotonicMs()
        if (leftMs <= 0) throw timeoutError(place.lockName, options.timeoutMs, holder, clock)
        // Stopped for longer than its lease, this process has lost its place.
        if (ahead === -1) { await place.draw(); continue }
        if (ahead > 1) await clock.sleep(Math.min(leftMs, maxPaceMs, paceMs * (ahead - 1)), signal)
        await notice.wait(signal, Math.max(0, Math.min(lookMs, leftMs)))
      }
    } finally {
      notice.close()
    }
  }

  /** Takes tickets off the queue that nobody stands behind any more, as far as to the first living one. */
  async #dropDead(tickets: readonly Ticket[]): Promise<readonly Ticket[]> {
    const firstLiving = tickets.findIndex(({alive}) => alive)
    const dead = firstLiving === -1 ? tickets : tickets.slice(0, firstLiving)
    for (const ticket of dead) await this.#settings.queue.drop(ticket)
    return tickets.slice(dead.length)
  }
}

/** One place in the queue, with the lease that keeps it. */
class Place {
  readonly lockName: string
  readonly #reason: string
  readonly #settings: LockSettings
  #heartbeat: Heartbeat | undefined
  #lease: Lease | undefined
  #number = 0

  constructor(lockName: string, reason: string, settings: LockSettings) {
    this.lockName = lockName
    this.#reason = tidyReason(reason)
    this.#settings = settings
  }

  get number(): number { return this.#number }
  get leaseId(): string { return this.#lease?.id ?? '' }
  get lost(): AbortSignal { return this.#heartbeat?.lost ?? AbortSignal.abort() }

  /** Queues at the end. */
  async draw(): Promise<void> {
    const {queue, leases, clock, ttlMs} = this.#settings
    this.#heartbeat?.stop()
    this.#lease = await leases.grantLease(ttlMs)
    this.#heartbeat = startHeartbeat(this.#lease, leases, clock)
    this.#number = await queue.add(this.lockName, this.#lease.id, this.#reason)
  }

  take(): Promise<boolean> {
    return this.#settings.queue.take(this.lockName, this.#number)
  }

  async giveBack(): Promise<void> {
    this.#heartbeat?.stop()
    if (this.#lease !== undefined) await this.#settings.leases.revokeLease(this.#lease.id)
  }
}

function timeoutError(name: string, timeoutMs: number, holder: LockHolder | undefined, clock: Clock): UnavailableError {
  const waited = timeoutMs > 0 ? `; gave up after ${timeoutMs / 1000} s` : ''
  if (holder === undefined) return new UnavailableError(`the lock '${name}' was not free${waited}`, {data: {lock: name}})
  const {reason, node, pid, sinceMs} = holder
  const sinceText = new Date(sinceMs).toISOString().slice(0, 19).replace('T', ' ')
  const heldSeconds = Math.max(0, Math.round((clock.now() - sinceMs) / 1000))
  return new UnavailableError(
    `the lock '${name}' is held by '${reason}' (pid ${pid} on ${node}) since ${sinceText} UTC (${heldSeconds} s)${waited}`,
    {nextSteps: ['Wait until it has ended, and run the command again.'], data: {lock: name, holder}})
}

/** One line without control characters: others print it on their terminals. */
function tidyReason(reason: string): string {
  return reason.replace(/[\p{C}\s]+/gu, ' ').trim().slice(0, maxReasonLength)
}
