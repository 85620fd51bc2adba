// The queue for locks in the database, so that it is the same for all processes; commit.ts checks a fence against it in the very
// statement that writes.
import type {Clock} from '../../base/index.ts'
import type {Notice, Ticket, TicketQueue} from '../fair-locks.ts'
import type {LockMode} from '../store.ts'
import {ChangeNotice} from './change-notice.ts'
import type {Connection} from './connection.ts'
import type {Leases} from './leases.ts'
import {mayBeAlive} from './process-identity.ts'

interface TicketRow {
  readonly number: number
  readonly leaseId: string
  readonly reason: string
  readonly node: string
  readonly pid: number
  readonly process: string
  readonly queuedMs: number
  readonly grantedMs: number | null
  readonly mode: LockMode
  readonly leased: number
}

export interface TicketSettings {
  readonly connection: Connection
  readonly leases: Leases
  readonly databasePath: string
  readonly clock: Clock
  readonly boot: string
  readonly node: string
  /** See process-identity.ts. */
  readonly identity: string
}

export class SqliteTickets implements TicketQueue {
  readonly #settings: TicketSettings

  constructor(settings: TicketSettings) {
    this.#settings = settings
  }

  async add(lock: string, leaseId: string, reason: string, mode: LockMode): Promise<number> {
    const {connection, node, identity, clock} = this.#settings
    const row = await connection.first<{number: number}>(
      'INSERT INTO ticket (lock, lease_id, reason, node, pid, process, queued_ms, mode) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING number',
      [lock, leaseId, reason, node, process.pid, identity, clock.now(), mode])
    return row?.number ?? 0
  }

  async list(lock: string): Promise<readonly Ticket[]> {
    const {connection, boot, clock} = this.#settings
    const rows = await connection.all<TicketRow>(`
      SELECT number, lease_id AS leaseId, reason, node, pid, process, queued_ms AS queuedMs, granted_ms AS grantedMs, mode,
        EXISTS (SELECT 1 FROM lease WHERE lease.id = ticket.lease_id AND boot = ? AND expires_ms > ?) AS leased
      FROM ticket WHERE lock = ? ORDER BY number`, [boot, clock.monotonicMs(), lock])
    return rows.map(({number, leaseId, reason, node, pid, process: identity, queuedMs, grantedMs, mode, leased}) => ({
      number,
      leaseId,
      holder: {reason, node, pid, sinceMs: grantedMs ?? queuedMs},
      granted: grantedMs !== null,
      mode,
      isAlive: () => leased === 1 && mayBeAlive(identity),
    }))
  }

  async take(_lock: string, number: number): Promise<boolean> {
    const {connection, boot, clock} = this.#settings
    const taken = await connection.all(`
      UPDATE ticket SET granted_ms = ?
      WHERE number = ?
        AND NOT EXISTS (
          SELECT 1 FROM ticket AS before
          WHERE before.lock = ticket.lock AND before.number < ticket.number AND (before.mode <> 'shared' OR ticket.mode <> 'shared'))
        AND EXISTS (SELECT 1 FROM lease WHERE lease.id = ticket.lease_id AND boot = ? AND expires_ms > ?)
      RETURNING number`, [clock.now(), number, boot, clock.monotonicMs()])
    return taken.length > 0
  }

  async drop(ticket: Ticket): Promise<void> {
    const {connection, leases} = this.#settings
    await leases.removeExpired()
    const row = await connection.first<{process: string}>('SELECT process FROM ticket WHERE number = ?', [ticket.number])
    if (row !== undefined && !mayBeAlive(row.process)) await leases.revokeLease(ticket.leaseId)
  }

  listen(): Notice {
    return new ChangeNotice(this.#settings.databasePath, this.#settings.clock)
  }
}
