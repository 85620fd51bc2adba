// Saves the memory and the devices of a running guest to a volume, by a migration into it. The guest goes on while its memory is copied and stands
// still at the end, with its images let go of, until `qemu.let-go`; which is also the undo.
import {AppError, UnavailableError} from '../../../../base/index.ts'
import {openVolume} from '../../../../storage/index.ts'
import type {Action, Context} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'
import {withQmp} from '../../qmp/index.ts'
import type {QmpClient} from '../../qmp/index.ts'
import {guestPaths} from '../sockets.ts'
import {carrierArgv, startCarrier} from '../state/carrier.ts'
import {endMigration, isEnded, migrationState} from '../state/migration.ts'
import type {MigrationState} from '../state/migration.ts'

export interface SaveState extends Action {
  readonly kind: 'qemu.save-state'
  readonly vmid: number
  readonly volume: string
  /** Where the state lies and goes through, for a dry run; where the volume does lie is asked when it is done. */
  readonly path: string
  readonly socketPath: string
}

/** Faster than any storage: the guest's memory is in nobody's way but the storage's. */
const bandwidthBytes = 2 ** 40
/** How long the guest may stand still for the rest of its memory; the last is QEMU's greatest, and makes an end. */
const shortStopMs = 2_000
const longStopMs = 2_000_000
/** What QEMU has without us. */
const usualStopMs = 300
const pollMs = 200
const stallLimitMs = 120_000
/** For the carrier to say what went wrong. */
const lastWordMs = 2_000
/** Rounds through the memory after which a guest that writes faster than the storage is halted. */
const mostRounds = 8

export const saveState = defineAction<SaveState>({
  kind: 'qemu.save-state',
  describe: ({volume, path, socketPath}) => [
    `# save the memory of the machine to ${volume}`,
    `# QMP: migrate-set-parameters max-bandwidth=${bandwidthBytes} downtime-limit=${shortStopMs}`,
    commandLine(carrierArgv('save', socketPath, path)), `# QMP: migrate uri=unix:${socketPath}`, `# QMP: migrate-set-parameters downtime-limit=${usualStopMs}`,
  ],
  run: async ({vmid, volume, socketPath}, context) => {
    const {host, places, signal, log, clock} = context
    const {qmp} = guestPaths(places, vmid)
    const tell = <T>(work: (client: QmpClient) => Promise<T>) => withQmp(host, qmp, {signal}, work)
    const {storage, id} = await openVolume(volume, context)
    await storage.activate()
    const path = await storage.attach(id)
    await tell((client) => client.execute('migrate-set-parameters', {'max-bandwidth': bandwidthBytes, 'downtime-limit': shortStopMs}))
    const carrying = new AbortController()
    const carrier = startCarrier('save', socketPath, path, host, AbortSignal.any([signal, carrying.signal]))
    try {
      await carrier.ready
      const beganMs = clock.monotonicMs()
      await tell((client) => client.execute('migrate', {uri: `unix:${socketPath}`}))
      const {transferredBytes} = await finished(tell, context)
      await carrier.done
      log.info(`saved ${Math.ceil(transferredBytes / 1024 / 1024)} MiB of memory in ${((clock.monotonicMs() - beganMs) / 1000).toFixed(1)} s`)
    } catch (error) {
      // The carrier knows better what went wrong than QEMU, which only sees its socket end.
      throw isAbort(error) ? error : await Promise.race([carrier.done.then(() => error, (failure: unknown) => isAbort(failure) ? error : failure), clock.sleep(lastWordMs).then(() => error)])
    } finally {
      carrying.abort()
      await withQmp(host, qmp, {}, async (client) => {
        await endUnlessDone(client, context)
        await client.execute('migrate-set-parameters', {'downtime-limit': usualStopMs})
      }).catch((error: unknown) => { log.warn(`QEMU was not set back: ${error instanceof Error ? error.message : String(error)}`) })
      await host.files.remove(socketPath)
      await storage.detach(id)
    }
  },
})

function isAbort(failure: unknown): boolean {
  return failure instanceof AppError && failure.kind === 'cancelled'
}

async function endUnlessDone(client: QmpClient, context: Context): Promise<void> {
  if ((await migrationState(client)).status !== 'completed') await endMigration(client, context)
}

/** @throws UnavailableError when it fails or does not move any more */
async function finished(tell: <T>(work: (client: QmpClient) => Promise<T>) => Promise<T>, {clock, log, signal}: Context): Promise<MigrationState> {
  let hasLongStop = false
  let lastBytes = -1
  let movedMs = clock.monotonicMs()
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, pollMs)) {
    const state = await tell(migrationState)
    if (state.status === 'completed') {
      log.progress(1, 1, 'memory')
      return state
    }
    if (isEnded(state)) throw new UnavailableError(`QEMU could not save the state of the machine${state.error === undefined ? '' : `: ${state.error}`}`)
    const now = clock.monotonicMs()
    if (state.transferredBytes !== lastBytes) [lastBytes, movedMs] = [state.transferredBytes, now]
    else if (now - movedMs > stallLimitMs) throw new UnavailableError(`nothing of the machine's memory was saved for ${stallLimitMs / 1000} s`)
    if (state.totalBytes > 0) log.progress(Math.max(0, state.totalBytes - state.remainingBytes), state.totalBytes, 'memory', 'bytes')
    if (!hasLongStop && (state.rounds >= mostRounds || state.transferredBytes > state.totalBytes && state.totalBytes > 0)) {
      log.info('the machine writes faster than its memory can be saved; it stands still for the rest')
      await tell((client) => client.execute('migrate-set-parameters', {'downtime-limit': longStopMs}))
      hasLongStop = true
    }
    await clock.sleep(pauseMs, signal)
  }
}
