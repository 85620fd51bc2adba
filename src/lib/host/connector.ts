// How other hosts are reached, for whoever works on them from the user's machine: commands that run on the caller, and the command line
// itself. The real one connects over SSH (cli/connect-hosts.ts); tests bring their own.
import type {AgentClient} from './protocol/agent-client.ts'
import type {SshConnection} from './ssh/types.ts'

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
  /**
   * Connects to the agent of a host, and finds that both understand each other.
   * @throws UnavailableError (not reached), ForbiddenError (host key), UnauthenticatedError, NotFoundError (no agent there), UnsupportedError (its version)
   */
  openAgent(host: HostTarget, signal: AbortSignal): Promise<AgentConnection>
  /** A login without the agent, to install or remove it. */
  openLogin(host: HostTarget, signal: AbortSignal): Promise<SshConnection>
  /** The agent of this installation. @throws UnavailableError when it was not built */
  agentBundle(): Promise<AgentBundle>
}
