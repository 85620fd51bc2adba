// The daemon with its parts of this machine: the socket, the program that cleans up, the lock that lets only one of them start.
import {AppError, errorChain, printable} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import {corralProgram} from '../../../host/programs.ts'
import type {Listener} from '../../../host/local/listen.ts'
import type {Store} from '../../../store/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {eventSocketPath} from '../runtime/sockets.ts'
import {defaultLimits, runDaemon} from './daemon.ts'

/** More guests than one host will ever run; a bound against a flood of connections. */
const maxConnections = 4_096
/** A hook script has ten minutes, and the last lines of what it says are worth to be kept. */
const cleanupTimeoutMs = 30 * 60_000

export interface RunOptions {
  readonly context: Pick<Context, 'host' | 'node' | 'places' | 'clock' | 'signal'>
  /** Opens the store for as long as the work takes: a daemon keeps none open for days. */
  readonly withStore: (work: (store: Store) => Promise<unknown>) => Promise<void>
  /** Default: eventSocketPath(places). */
  readonly socketPath?: string
  readonly endsWithLastGuest: boolean
  readonly report: (line: string) => void
  /** What is of interest only to who looks for a fault. */
  readonly reportDetail?: (line: string) => void
  /** Whether what it runs for guests are units of systemd. */
  readonly runsInUnits?: boolean
  /** argv of the program that takes `qm cleanup …`; the default is bin/corral of this installation. */
  readonly program?: readonly string[]
}

/** Runs the daemon. @throws ConflictError when one runs already */
export async function runEventDaemon({context, withStore, endsWithLastGuest, report, ...options}: RunOptions): Promise<void> {
  const {host, node, places, clock, signal} = context
  const socketPath = options.socketPath ?? eventSocketPath(places)
  const program = options.program ?? corralProgram()
  process.umask(0o077)
  const {listenOnSocket} = await import('../../../host/local/listen.ts')
  await runDaemon({
    host, places, clock, report, reportDetail: options.reportDetail ?? (() => undefined),
    balance: (monitors) => withStore(async (store) => (await import('../ballooning/balloon-round.ts')).balanceMemory({
      host, node, store, monitors, reportDetail: options.reportDetail ?? (() => undefined),
    })),
    cleanUp: (vmid, end) => cleanUp(vmid, end, {host, program, report, runsInUnits: options.runsInUnits === true}),
    listen: async (onConnection) => {
      let listener: Listener | undefined
      // Two daemons that start at once must not both think that the socket is a dead one's.
      await withStore(async (store) => {
        const lock = await store.lock('qmeventd', {reason: 'qmeventd starts', timeoutMs: 20_000, signal})
        try {
          listener = await listenOnSocket(socketPath, maxConnections, onConnection)
        } finally {
          await lock.release()
        }
      })
      if (listener === undefined) throw new AppError('internal', `no socket was made at ${socketPath}`)
      return listener
    },
  }, {...defaultLimits, idleMs: endsWithLastGuest ? defaultLimits.idleMs : undefined}, signal)
}

interface CleanupParts { readonly host: Host; readonly program: readonly string[]; readonly report: (line: string) => void; readonly runsInUnits: boolean }

/**
 * The words before a program with which systemd runs it as a unit of its own, and waits. Such a unit has none of the restrictions that the daemon's
 * service has, and goes on when that is restarted. One that runs already is not run twice: its name is taken.
 */
function unitWords(unit: string): string[] {
  return ['systemd-run', '--quiet', '--collect', '--wait', '--pipe', '--service-type=exec', `--unit=${unit}`, '--setenv=CORRAL_CONTEXT', '--']
}

async function cleanUp(vmid: number, end: {isClean: boolean; isGuestRequested: boolean}, {host, program, report, runsInUnits}: CleanupParts): Promise<void> {
  const words = ['qm', 'cleanup', String(vmid), end.isClean ? '1' : '0', end.isGuestRequested ? '1' : '0']
  const before = runsInUnits ? unitWords(`corral-cleanup-${vmid}`) : []
  try {
    // The guest ran here, whatever context this user works in.
    const {stderr} = await host.run([...before, ...program, ...words], {timeoutMs: cleanupTimeoutMs, env: {CORRAL_CONTEXT: 'local'}, maxOutputBytes: 16 * 1024})
    for (const line of stderr.split('\n')) if (line.trim() !== '') report(`${words.join(' ')}: ${printable(line)}`)
    report(`${words.join(' ')}: done`)
  } catch (error) {
    report(`${words.join(' ')}: ${errorChain(error).join(': ')}`)
  }
}
