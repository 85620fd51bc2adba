// Fair locks for any backend: whoever wants one draws a ticket, and the lowest ticket behind which somebody stands gets it; with it those
// next in line when all of them share. This is the waiting, the timeouts and what they say; where tickets are kept is the backend's matter
// (TicketQueue).
import {CancelledError, UnavailableError} from '../base/index.ts'
import type {Clock} from '../base/index.ts'
import {checkPath} from './check-change.ts'
import {startHeartbeat} from './heartbeat.ts'
import type {Heartbeat} from './heartbeat.ts'
import type {HeldLock, Lease, LockHolder, LockMode, LockOptions, Store} from './store.ts'

/** A waiter looks for a dead holder this often; commits of others wake it earlier. */
const lookMs = 250
/** Waiters further back look less often, and at no commit: a long queue that wakes as a whole takes the processors from who has the lock. */
const paceMs = 20
const maxPaceMs = 1000
const maxReasonLength = 200

export interface Ticket {
  readonly number: number
  readonly leaseId: string
  /** `sinceMs` counts from when it got the lock, before that from when it queued. */
  readonly holder: LockHolder
  readonly granted: boolean
  readonly mode: LockMode
  /** Its lease lives, and so does its process as far as can be told. Asked only where it matters, because it costs a look at the process. */
  isAlive(): boolean
}

/** Where a backend keeps the tickets. A ticket is gone when its lease is revoked or removed. */
export interface TicketQueue {
  /** Adds a ticket at the end; gives its number. */
  add(lock: string, leaseId: string, reason: string, mode: LockMode): Promise<number>
  /** All tickets for a lock, in order. */
  list(lock: string): Promise<readonly Ticket[]>
  /** Grants the lock to this ticket if its lease lives and none is before it, or none that does not share, as it does itself; atomic. */
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
    const place = new Place(name, options, this.#settings)
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
    const first = (await this.#settings.queue.list(name)).find((ticket) => ticket.isAlive())
    return first?.granted === true ? first.holder : undefined
  }

  async releaseAll(): Promise<void> {
    await Promise.allSettled([...this.#held].map((held) => held.release()))
  }

  async #waitFor(place: Place, options: LockOptions, deadlineMs: number, signal: AbortSignal): Promise<void> {
    const {clock, queue} = this.#settings
    let notice: Notice | undefined
    let told = false
    try {
      for (;;) {
        const tickets = await queue.list(place.lockName)
        const own = tickets.findIndex((ticket) => ticket.number === place.number)
        const before = await this.#dropDead(tickets.slice(0, Math.max(own, 0)))
        const inTheWay = before.filter((ticket) => place.mode === 'exclusive' || ticket.mode === 'exclusive')
        if (own !== -1 && inTheWay.length === 0 && await place.take()) return
        const holder = inTheWay.length === 0 ? undefined : before[0]?.holder
        if (holder !== undefined && !told) { told = true; options.onWait?.(holder) }
        const leftMs = deadlineMs - clock.monotonicMs()
        if (leftMs <= 0) throw timeoutError(place.lockName, options.timeoutMs, holder, clock)
        // Stopped for longer than its lease, this process has lost its place.
        if (own === -1) { await place.draw(); continue }
        if (inTheWay.length > 1) {
          await clock.sleep(Math.min(leftMs, maxPaceMs, paceMs * (inTheWay.length - 1)), signal)
        } else if (notice === undefined) {
          // Listened for only at the head, as the kernel has few listeners to give; and looked once more, for what went by before.
          notice = queue.listen()
        } else {
          await notice.wait(signal, Math.max(0, Math.min(lookMs, leftMs)))
        }
      }
    } finally {
      notice?.close()
    }
  }

  /** Takes tickets off the queue that nobody stands behind any more: of those who have the lock, and of those next in line up to a living one. */
  async #dropDead(tickets: readonly Ticket[]): Promise<readonly Ticket[]> {
    const left: Ticket[] = []
    let isLineAlive = false
    for (const ticket of tickets) {
      const isOfInterest = ticket.granted || !isLineAlive
      if (isOfInterest && !ticket.isAlive()) { await this.#settings.queue.drop(ticket); continue }
      left.push(ticket)
      isLineAlive ||= !ticket.granted
    }
    return left
  }
}

/** One place in the queue, with the lease that keeps it. */
class Place {
  readonly lockName: string
  readonly mode: LockMode
  readonly #reason: string
  readonly #settings: LockSettings
  #heartbeat: Heartbeat | undefined
  #lease: Lease | undefined
  #number = 0

  constructor(lockName: string, {reason, mode = 'exclusive'}: LockOptions, settings: LockSettings) {
    this.lockName = lockName
    this.mode = mode
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
    this.#number = await queue.add(this.lockName, this.#lease.id, this.#reason, this.mode)
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
