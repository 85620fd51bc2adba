// A migration of a running QEMU to a socket, over QMP (QEMU's docs/devel/migration and qapi/migration.json): begun, watched, ended. It does
// not know where the bytes go.
import type {Clock} from '../../../../base/index.ts'
import {UnavailableError} from '../../../../base/index.ts'
import type {QmpClient} from '../../qmp/index.ts'

export interface MigrationState {
  readonly status: string
  readonly transferredBytes: number
  readonly remainingBytes: number
  readonly totalBytes: number
  /** How often all of the memory was gone through. */
  readonly rounds: number
  readonly error: string | undefined
}

const endedStates = new Set(['none', 'completed', 'failed', 'cancelled'])
const cancelLimitMs = 60_000

export function isEnded({status}: MigrationState): boolean {
  return endedStates.has(status)
}

export async function migrationState(client: QmpClient): Promise<MigrationState> {
  const answer = asRecord(await client.execute('query-migrate'))
  const ram = asRecord(answer['ram'])
  return {
    status: typeof answer['status'] === 'string' ? answer['status'] : 'none',
    transferredBytes: asNumber(ram['transferred']), remainingBytes: asNumber(ram['remaining']), totalBytes: asNumber(ram['total']), rounds: asNumber(ram['dirty-sync-count']),
    error: typeof answer['error-desc'] === 'string' ? answer['error-desc'].slice(0, 1000) : undefined,
  }
}

/** Ends one that is under way. The guest goes on if it had been running. @throws UnavailableError when it does not end */
export async function endMigration(client: QmpClient, {clock}: {readonly clock: Clock}): Promise<void> {
  if (isEnded(await migrationState(client))) return
  await client.execute('migrate_cancel')
  const deadlineMs = clock.monotonicMs() + cancelLimitMs
  while (!isEnded(await migrationState(client))) {
    if (clock.monotonicMs() > deadlineMs) throw new UnavailableError('QEMU does not give up the migration that it was told to cancel')
    await clock.sleep(50)
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : {}
}

function asNumber(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : 0
}
