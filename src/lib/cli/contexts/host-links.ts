// The connections of one invocation: each host is connected to once, when it is first needed, within a bounded time, and let go at the end.
import {UnavailableError} from '../../base/index.ts'
import type {Clock} from '../../base/index.ts'
import type {AgentClient, AgentConnection, HostConnector} from '../../host/index.ts'
import type {PtyOptions, SshChannel} from '../../host/ssh/index.ts'
import type {ContextHost} from '../../hosts/contexts.ts'
import {localName} from '../../hosts/contexts-mode.ts'

/** What answers a read: an agent, or this machine. */
export type Reader = Pick<AgentClient, 'run'>

/** Connecting, logging in and the agent's first answer. The SSH transport has a shorter limit for its part. */
export const connectLimitMs = 20_000

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
    const {connector, clock, signal} = this.#options
    const what = `${host.name} (${host.ssh}) did not answer within ${connectLimitMs / 1000} s`
    return withinTime((limited) => connector.openAgent(host, limited), {
      clock, signal, limitMs: connectLimitMs, what, late: (connection) => connection.close(),
      ...(connector.questions === undefined ? {} : {questions: () => connector.questions?.() ?? 0}),
    })
  }
}

export interface TimeLimit<T> {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly limitMs: number
  /** The sentence of the error. */
  readonly what: string
  /** As HostConnector.questions: time in which the user was asked does not count. */
  readonly questions?: () => number
  /** Takes care of a result that came too late. */
  readonly late?: (result: T) => void
}

/**
 * Gives up on work that takes too long or that the caller cancels, even when the work does not heed its signal.
 * @throws UnavailableError, CancelledError, what the work throws
 */
export async function withinTime<T>(work: (signal: AbortSignal) => Promise<T>, {clock, signal, limitMs, what, questions = () => 0, late}: TimeLimit<T>): Promise<T> {
  const stop = new AbortController()
  const timer = new AbortController()
  const running = work(AbortSignal.any([signal, stop.signal]))
  let isOver = false
  running.then((result) => { if (isOver) late?.(result) }, () => undefined)
  const passed = async (): Promise<never> => {
    for (;;) {
      const before = questions()
      await clock.sleep(limitMs, AbortSignal.any([signal, timer.signal]))
      if (questions() === before && before % 2 === 0) throw new UnavailableError(what)
    }
  }
  const tooLong = passed()
  try {
    return await Promise.race([running, tooLong])
  } catch (error) {
    // Only now: what the work made may go on heeding the signal that it was given.
    isOver = true
    stop.abort()
    throw error
  } finally {
    tooLong.catch(() => undefined)
    timer.abort()
  }
}
