// How other hosts are reached, for whoever works on them from the user's machine: commands that run on the caller, and the command line
// itself. The real one connects over SSH (cli/connect-hosts.ts); tests bring their own.
import type {AgentClient} from './protocol/agent-client.ts'
import type {Peer} from './protocol/peer.ts'
import type {PtyOptions, SshChannel, SshConnection} from './ssh/types.ts'

/** A host of a context. */
export interface HostTarget {
  /** What the user calls it. */
  readonly name: string
  /** `[user@]host[:port]`. */
  readonly ssh: string
  /** Where its agent is; default agentPath. */
  readonly agent?: string
}

/** An agent that answers. */
export interface AgentConnection {
  readonly client: AgentClient
  /** What a keeper passes calls on to; absent where the connection is a keeper's already. */
  readonly peer?: Peer
  /** As HostConnector.openTerminal, over the connection that there is; absent where a keeper has it. */
  openTerminal?(pty: PtyOptions | undefined): Promise<SshChannel>
  close(): void
}

/** The agent as it is installed on a host. */
export interface AgentBundle {
  readonly version: string
  /** As Node names it: `x64`. */
  readonly architecture: string
  readonly libc: string
  readonly files: readonly AgentFile[]
}

export interface AgentFile {
  /** Below the agent's folder. */
  readonly path: string
  readonly mode: number
  readonly sha256: string
  readonly data: Buffer
}

export interface HostConnector {
  /** Grows when the user is asked something and when they answer; odd while they think. Whoever waits with a limit of time heeds it. */
  questions?(): number
  /** How long the user lets a host take to be reached, and its agent to be there, where they said so; undefined where not. */
  patienceMs?(host: HostTarget): Promise<number | undefined>
  /**
   * Connects to the agent of a host, and finds that both understand each other.
   * @throws UnavailableError (not reached), ForbiddenError (host key), UnauthenticatedError, NotFoundError (no agent there), UnsupportedError (its version)
   */
  openAgent(host: HostTarget, signal: AbortSignal): Promise<AgentConnection>
  /**
   * A channel on which the agent waits for the token of an interactive command.
   * @param pty the user's terminal; without one the channel is a pair of pipes
   * @throws as openAgent
   */
  openTerminal(host: HostTarget, pty: PtyOptions | undefined, signal: AbortSignal): Promise<SshChannel>
  /** A login without the agent, to install or remove it. */
  openLogin(host: HostTarget, signal: AbortSignal): Promise<SshConnection>
  /** The agent of this installation. @throws UnavailableError when it was not built */
  agentBundle(): Promise<AgentBundle>
}
