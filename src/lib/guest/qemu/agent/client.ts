// Speaks to the agent inside a guest (QEMU's docs/interop/qemu-ga-ref). Everything that comes over this socket is the guest's own word: it
// is bounded in size and time, and handed on as unknown values.
import type {Duplex} from 'node:stream'
import {CancelledError, ToolError, UnavailableError} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import {MessageReader, readable} from '../qmp/message-reader.ts'
import type {QmpMessage} from '../qmp/message-reader.ts'

export interface AgentOptions {
  /** How long an agent may take to say that it is there. Default 5,000. */
  syncTimeoutMs?: number
  /** The largest answer that is taken. Default 24 MiB. */
  maxAnswerBytes?: number
  signal?: AbortSignal
}

/** What an agent sends of a file or of a program's output at once is at most 16 MiB, written as base64 (qemu-ga-ref, guest-exec-status). */
const largestAnswerBytes = 24 * 1024 * 1024
const defaultTimeoutMs = 10_000
/** Before an answer to guest-sync-delimited, so that the rest of an earlier answer is not taken for it. */
const delimiter = 0xff

interface Question {
  readonly resolve: (message: QmpMessage) => void
  readonly reject: (reason: Error) => void
}

/** One connection to an agent. It answers one question at a time, and so is it asked. */
export class AgentClient {
  readonly #stream: Duplex
  readonly #peer: string
  readonly #signal: AbortSignal | undefined
  readonly #reader: MessageReader
  #question: Question | undefined
  #isSynced = false
  #end: Error | undefined

  /** Use connectAgent, which makes sure that an agent is there. */
  constructor(stream: Duplex, peer: string, {signal, maxAnswerBytes = largestAnswerBytes}: AgentOptions) {
    this.#reader = new MessageReader(maxAnswerBytes, 'the guest agent')
    this.#stream = stream
    this.#peer = peer
    this.#signal = signal
    stream.on('data', (chunk: Buffer) => { this.#take(chunk) })
    stream.on('error', (cause) => { this.#fail(new UnavailableError('the connection to the guest agent failed', {cause})) })
    stream.on('close', () => { this.#fail(new UnavailableError('the connection to the guest agent was closed')) })
  }

  /**
   * Asks whether an agent is there, past whatever an earlier connection has left on the line.
   * @throws UnavailableError when none answers in time
   */
  async sync(timeoutMs: number): Promise<void> {
    const id = Math.floor(Math.random() * 2 ** 31)
    // The delimiter sent first ends what the agent may have read of a question that was cut off.
    this.#stream.write(Buffer.from([delimiter]))
    const late = `no guest agent answered within ${timeoutMs / 1000} s`
    const {return: answered} = await this.#ask('guest-sync-delimited', {id}, timeoutMs, late)
    if (answered !== id) throw new UnavailableError('the guest agent answered another question than was asked')
  }

  /**
   * Asks something and gives what the agent returns.
   * @throws ToolError when the agent refuses (its class in data.errorClass), UnavailableError when it does not answer in time, CancelledError
   */
  async execute(command: string, args?: Readonly<Record<string, unknown>>, timeoutMs = defaultTimeoutMs): Promise<unknown> {
    const message = await this.#ask(command, args, timeoutMs, `the guest agent did not answer '${command}' within ${timeoutMs / 1000} s`)
    if ('return' in message) return message['return']
    throw refusal(this.#peer, command, message['error'])
  }

  /** Asks something that is not answered when it succeeds, such as guest-shutdown. @throws UnavailableError when it cannot be sent */
  tell(command: string, args?: Readonly<Record<string, unknown>>): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) { reject(this.#end); return }
      this.#stream.write(question(command, args), (error) => {
        if (error === null || error === undefined) resolve()
        else reject(new UnavailableError('the guest agent could not be asked', {cause: error}))
      })
    })
  }

  /**
   * Asks something that is answered only when it is refused, such as guest-suspend-ram.
   * @param waitMs how long it is waited for a refusal
   * @throws ToolError when the agent refuses, UnavailableError when it cannot be sent, CancelledError
   */
  async tellUnlessRefused(command: string, args: Readonly<Record<string, unknown>> | undefined, waitMs: number): Promise<void> {
    if (this.#end !== undefined) throw this.#end
    try {
      await this.execute(command, args, waitMs)
    } catch (error) {
      // Silence, or an agent that went away with its guest.
      if (!(error instanceof UnavailableError)) throw error
    }
  }

  close(): void {
    this.#fail(new UnavailableError('the connection to the guest agent was closed'))
  }

  #ask(command: string, args: Readonly<Record<string, unknown>> | undefined, timeoutMs: number, late: string): Promise<QmpMessage> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) { reject(this.#end); return }
      if (this.#signal?.aborted === true) { reject(new CancelledError()); return }
      const onAbort = () => { this.#fail(new CancelledError()) }
      // An answer that comes later would be taken for that to the next question, so the connection is of no more use.
      const timer = setTimeout(() => { this.#fail(new UnavailableError(late, {data: {command, timeoutMs}})) }, timeoutMs)
      const finish = () => { clearTimeout(timer); this.#signal?.removeEventListener('abort', onAbort) }
      this.#signal?.addEventListener('abort', onAbort, {once: true})
      this.#question = {
        resolve: (message) => { finish(); resolve(message) },
        reject: (reason) => { finish(); reject(reason) },
      }
      this.#stream.write(question(command, args))
    })
  }

  #take(chunk: Buffer): void {
    try {
      for (const message of this.#reader.push(this.#afterDelimiter(chunk))) {
        // What nobody asked for is no answer; a guest that sends it all day is cut off by whoever waits for one.
        const asked = this.#question
        this.#question = undefined
        asked?.resolve(message)
      }
    } catch (error) {
      this.#fail(error instanceof Error ? error : new UnavailableError('the guest agent sent something else than an answer'))
    }
  }

  /** Until the agent is found, what comes before its mark is the rest of something older. */
  #afterDelimiter(chunk: Buffer): Buffer {
    if (this.#isSynced) return chunk
    const at = chunk.lastIndexOf(delimiter)
    if (at < 0) return Buffer.alloc(0)
    this.#isSynced = true
    return chunk.subarray(at + 1)
  }

  #fail(reason: Error): void {
    if (this.#end !== undefined) return
    this.#end = reason
    this.#stream.destroy()
    this.#question?.reject(reason)
    this.#question = undefined
  }
}

function question(command: string, args: Readonly<Record<string, unknown>> | undefined): string {
  return `${JSON.stringify({execute: command, ...(args === undefined ? {} : {arguments: args})})}\n`
}

function refusal(peer: string, command: string, error: unknown): ToolError {
  const {class: errorClass, desc} = typeof error === 'object' && error !== null ? error as Readonly<Record<string, unknown>> : {}
  const reason = typeof desc === 'string' ? readable(desc.slice(0, 4096), 1000) : 'no reason given'
  return new ToolError(`the guest agent refused '${command}': ${reason}`, {
    host: peer, argv: [command], exitCode: null, stderr: reason,
    data: {errorClass: typeof errorClass === 'string' ? readable(errorClass, 60) : 'GenericError'},
  })
}

/**
 * Connects to the agent of a guest. The socket takes one caller at a time; others wait for their turn within their limit.
 * @throws UnavailableError when nobody listens or no agent answers in time; CancelledError
 */
export async function connectAgent(host: Host, socketPath: string, options: AgentOptions = {}): Promise<AgentClient> {
  const {syncTimeoutMs = 5_000} = options
  const client = new AgentClient(await host.connect(socketPath, syncTimeoutMs), socketPath, options)
  try {
    await client.sync(syncTimeoutMs)
    return client
  } catch (error) {
    client.close()
    throw error
  }
}

/** Runs some work over a connection that is closed afterwards. @throws as connectAgent, and what the work throws */
export async function withAgent<T>(host: Host, socketPath: string, options: AgentOptions, work: (client: AgentClient) => Promise<T>): Promise<T> {
  const client = await connectAgent(host, socketPath, options)
  try {
    return await work(client)
  } finally {
    client.close()
  }
}
