// Leases: promises of a process to be there, which run out unless they are renewed. Times count on the machine's monotonic clock, so
// that a clock that is set does not end them; a lease of an earlier boot is over.
import {randomUUID} from 'node:crypto'
import {ConflictError} from '../../base/index.ts'
import type {Clock} from '../../base/index.ts'
import {checkLeaseTime} from '../check-change.ts'
import type {Lease} from '../store.ts'
import type {Connection} from './connection.ts'

export class Leases {
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #boot: string

  constructor(connection: Connection, clock: Clock, boot: string) {
    this.#connection = connection
    this.#clock = clock
    this.#boot = boot
  }

  async grantLease(ttlMs: number): Promise<Lease> {
    checkLeaseTime(ttlMs)
    await this.removeExpired()
    const id = randomUUID()
    await this.#connection.all('INSERT INTO lease (id, ttl_ms, boot, expires_ms) VALUES (?, ?, ?, ?)',
      [id, ttlMs, this.#boot, this.#clock.monotonicMs() + ttlMs])
    return {id, ttlMs}
  }

  /** @throws ConflictError when it has expired */
  async keepAlive(id: string): Promise<void> {
    const nowMs = this.#clock.monotonicMs()
    const renewed = await this.#connection.all(
      'UPDATE lease SET expires_ms = ? + ttl_ms WHERE id = ? AND boot = ? AND expires_ms > ? RETURNING id', [nowMs, id, this.#boot, nowMs])
    if (renewed.length === 0) throw new ConflictError('the lease has expired')
  }

  async revokeLease(id: string): Promise<void> {
    await this.#connection.all('DELETE FROM lease WHERE id = ?', [id])
  }

  /** Deletes what has run out, with the tickets for locks that hang on it. Only from then on may a lock be passed on. */
  async removeExpired(): Promise<void> {
    await this.#connection.all('DELETE FROM lease WHERE boot <> ? OR expires_ms <= ?', [this.#boot, this.#clock.monotonicMs()])
  }
}
