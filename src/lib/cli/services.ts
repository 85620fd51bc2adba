// What the command line asks of the tasks domain: a context to run a handler in, and tasks to start and to follow. The real ones are in
// local-services.ts; tests bring their own.
import type {HostConnector} from '../host/index.ts'
import type {Context, Log, Terminal} from '../tasks/index.ts'

export interface ContextWishes {
  readonly log: Log
  readonly signal: AbortSignal
  readonly terminal?: Terminal
  readonly environment?: Readonly<Record<string, string>>
  readonly connector?: () => Promise<HostConnector>
}

export interface Services {
  /** Runs the work in a context and closes it again. */
  withContext<T>(wishes: ContextWishes, work: (context: Context) => Promise<T>): Promise<T>
}
