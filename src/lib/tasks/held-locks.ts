// The locks of one operation: which it wants and how, those that it holds, and those that it gave back on the way and takes again to undo.
// It knows the store's locks and nothing of what is done under them.
import {AppError, errorChain} from '../base/index.ts'
import type {HeldLock, LockHolder} from '../store/index.ts'
import type {Context} from './context.ts'

/** A lock that others may hold at the same time, all of them shared: the source of a clone. Nobody holds it exclusively meanwhile. */
export interface SharedLock {
  readonly shared: string
}

/** What a handler names: `guest/100`, or the same shared. */
export type LockWanted = string | SharedLock

export function sharedLock(name: string): SharedLock {
  return {shared: name}
}

/** Names by the way in which they are wanted or held, each in one of the two lists. */
export interface LockNames {
  readonly exclusive: readonly string[]
  readonly shared: readonly string[]
}

export interface LockWish {
  readonly names: readonly LockWanted[]
  /** What for, in words, shown to whoever waits: `qm start 100`. */
  readonly reason: string
  /** For all of them together. */
  readonly timeoutMs: number
}

/** How long an operation waits for a lock that it gave back: others only have it for as long as their own short steps take. */
const againTimeoutMs = 120_000

/** A name that is wanted in both ways is wanted exclusively. */
export function lockNames(wanted: readonly LockWanted[]): LockNames {
  const exclusive = new Set(wanted.filter((one) => typeof one === 'string'))
  const shared = new Set(wanted.flatMap((one) => typeof one === 'string' || exclusive.has(one.shared) ? [] : [one.shared]))
  return {exclusive: [...exclusive].sort(), shared: [...shared].sort()}
}

/** Whether whoever holds `held` holds what is `needed`. */
export function holdsAll(held: LockNames, needed: LockNames): boolean {
  const shared = [...held.exclusive, ...held.shared]
  return needed.exclusive.every((name) => held.exclusive.includes(name)) && needed.shared.every((name) => shared.includes(name))
}

/** The locks that one operation holds, and its context, which changes when one is given back. */
export class HeldLocks {
  readonly #outer: Context
  readonly #wish: LockWish
  readonly #names: LockNames
  readonly #held = new Map<string, HeldLock>()
  readonly #released = new Set<string>()
  #context: Context

  private constructor(wish: LockWish, outer: Context) {
    this.#wish = wish
    this.#names = lockNames(wish.names)
    this.#outer = outer
    this.#context = outer
  }

  /**
   * Takes the locks, one after the other in an order that is the same for everybody, so that two can never wait for each other.
   * @throws UnavailableError naming the holder when the time is up; CancelledError
   */
  static async take(wish: LockWish, context: Context): Promise<HeldLocks> {
    const locks = new HeldLocks(wish, context)
    try {
      await locks.#take([...locks.#names.exclusive, ...locks.#names.shared], wish.timeoutMs, context)
      return locks
    } catch (error) {
      await locks.releaseAll()
      throw error
    }
  }

  /** With the fences of the locks that are held now. */
  get context(): Context { return this.#context }

  /** Held now. */
  get names(): LockNames {
    const isHeld = (name: string) => this.#held.has(name)
    return {exclusive: this.#names.exclusive.filter(isHeld), shared: this.#names.shared.filter(isHeld)}
  }

  /** Given back before the operation's end, all of them exclusive ones. */
  get released(): readonly string[] { return [...this.#released].sort() }

  /**
   * Gives some back. They have to come after those that stay in everybody's order, since they may be taken again.
   * @throws AppError for names that break this, or are not held exclusively: a mistake in the plan
   */
  checkReleasable(names: readonly string[]): void {
    const kept = [...this.#names.exclusive, ...this.#names.shared].filter((name) => !names.includes(name) && !this.#released.has(name))
    const wrong = names.find((name) => !this.#names.exclusive.includes(name) || kept.some((other) => other > name))
    if (wrong !== undefined) throw new AppError('internal', `the lock ${wrong} cannot be given back before the end`)
  }

  async giveBack(names: readonly string[]): Promise<void> {
    for (const name of [...names].sort().reverse()) {
      const lock = this.#held.get(name)
      if (lock === undefined) continue
      this.#held.delete(name)
      this.#released.add(name)
      this.#context = this.#heldContext()
      await this.#release(lock)
    }
  }

  /** Takes what was given back; not even a cancelled operation is kept from it. @throws UnavailableError naming the holder */
  async takeAgain(): Promise<void> {
    if (this.#released.size === 0) return
    const {locksLost} = this.#context
    await this.#take(this.released, againTimeoutMs, {...this.#outer, signal: locksLost ?? new AbortController().signal})
    this.#released.clear()
  }

  async releaseAll(): Promise<void> {
    for (const lock of [...this.#held.values()].reverse()) await this.#release(lock)
    this.#held.clear()
  }

  async #take(names: readonly string[], timeoutMs: number, {clock, log, signal, store}: Context): Promise<void> {
    const deadlineMs = clock.monotonicMs() + timeoutMs
    for (const name of [...names].sort()) {
      const lock = await store.lock(name, {
        reason: this.#wish.reason, mode: this.#names.shared.includes(name) ? 'shared' : 'exclusive', signal,
        timeoutMs: Math.max(0, deadlineMs - clock.monotonicMs()),
        onWait: (holder) => (log.notice ?? log.warn).call(log, waitingLine(name, holder, clock.now())),
      })
      this.#held.set(name, lock)
    }
    this.#context = this.#heldContext()
  }

  /** A lock that cannot be given back runs out by itself; the work's own outcome matters more. */
  async #release(lock: HeldLock): Promise<void> {
    await lock.release().catch((error: unknown) => this.#outer.log.warn(`${lock.name} was not given back: ${errorChain(error).join(': ')}`))
  }

  #heldContext(): Context {
    const outer = this.#outer
    const held = [...this.#held.values()]
    const locksLost = AbortSignal.any([...held.map((lock) => lock.lost), ...(outer.locksLost === undefined ? [] : [outer.locksLost])])
    return {
      ...outer, locksLost, signal: AbortSignal.any([outer.signal, locksLost]),
      fences: [...outer.fences, ...held.map((lock) => lock.fence)],
    }
  }
}

/** `waiting for guest/100, held by qm start 100 (pid 4711 on h1) for 3 s`. */
export function waitingLine(name: string, holder: LockHolder, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - holder.sinceMs) / 1000))
  const since = new Date(holder.sinceMs).toISOString().replace(/\.\d+/, '')
  return `waiting for ${name}, held by ${holder.reason} (pid ${holder.pid} on ${holder.node}) since ${since}, for ${seconds} s`
}
