// All that a command line needs from outside, so that a test can supply its own and nothing here asks `process`.
import type {Clock} from '../base/index.ts'
import type {HostConnector} from '../host/index.ts'
import type {Catalog} from '../tasks/index.ts'
import type {Terminal} from '../tasks/index.ts'
import type {Services} from './services.ts'
import type {StandardInput} from './standard-input.ts'
import type {Streams} from './streams.ts'

export interface Surroundings {
  readonly catalog: Catalog
  /** Other names of commands, such as `qm resize` for `qm disk resize`. */
  readonly aliases: Readonly<Record<string, string>>
  readonly streams: Streams
  readonly env: Readonly<Record<string, string | undefined>>
  /** Fires when the user interrupts. */
  readonly signal: AbortSignal
  /** The caller's terminal, for interactive commands. */
  readonly terminal: () => Terminal
  /** What a command reads beside its words. Default: standard input of this process, and its terminal. */
  readonly input?: StandardInput
  /** Contexts and tasks; loaded when a command runs, not for help. */
  readonly services: () => Promise<Services>
  /** How other hosts are reached. Default: over SSH. */
  readonly hosts?: () => Promise<HostConnector>
  /** Default: that of this machine. */
  readonly clock?: Clock
}
