// The connections of one invocation: each host is connected to once, when it is first needed, within a bounded time, and let go at the end.
import type {Clock} from '../../base/index.ts'
import type {AgentClient, AgentConnection, HostConnector} from '../../host/index.ts'
import type {PtyOptions, SshChannel} from '../../host/ssh/index.ts'
import type {ContextHost} from '../../hosts/contexts.ts'
import {localName} from '../../hosts/contexts-mode.ts'
import {openAgentWithin} from '../../hosts/open-agent.ts'

/** What answers a read: an agent, or this machine. */
export type Reader = Pick<AgentClient, 'run'>

export interface LinkOptions {
  readonly connector: HostConnector
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Answers for this machine where it is one host among several. */
  readonly localReader: () => Reader
}

export class HostLinks {
  readonly #options: LinkOptions
  readonly #open = new Map<string, Promise<AgentConnection>>()

  constructor(options: LinkOptions) {
    this.#options = options
  }

  /** @throws as agent */
  async reader(host: ContextHost): Promise<Reader> {
    return host.ssh === localName ? this.#options.localReader() : this.agent(host)
  }

  /** @throws as HostConnector.openAgent; UnavailableError when it takes too long */
  async agent(host: ContextHost): Promise<AgentClient> {
    let opening = this.#open.get(host.name)
    if (opening === undefined) {
      opening = this.#connect(host)
      this.#open.set(host.name, opening)
    }
    return (await opening).client
  }

  /** The agent's terminal, over the connection that there is where it can carry one. @throws as agent */
  async terminal(host: ContextHost, pty: PtyOptions | undefined): Promise<SshChannel> {
    const {connector, signal} = this.#options
    const connection = await this.#open.get(host.name)
    return connection?.openTerminal === undefined ? connector.openTerminal(host, pty, signal) : connection.openTerminal(pty)
  }

  /** As HostConnector. */
  async patienceMs(host: ContextHost): Promise<number | undefined> {
    return this.#options.connector.patienceMs?.(host)
  }

  /** A new connection in place of one that was lost. */
  async reconnect(host: ContextHost): Promise<AgentClient> {
    const old = this.#open.get(host.name)
    this.#open.delete(host.name)
    void old?.then((connection) => connection.close(), () => undefined)
    return this.agent(host)
  }

  close(): void {
    for (const opening of this.#open.values()) void opening.then((connection) => connection.close(), () => undefined)
    this.#open.clear()
  }

  #connect(host: ContextHost): Promise<AgentConnection> {
    return openAgentWithin(host, this.#options)
  }
}
