// Speaks QMP (QEMU's docs/interop/qmp-spec) over a stream: commands with ids and time limits, events, one negotiation at the start.
// It knows the protocol and nothing of guests; whoever opens a connection says for how long it may wait.
import type {Duplex} from 'node:stream'
import {CancelledError, ToolError, UnavailableError} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import {MessageReader, readable} from './message-reader.ts'
import type {QmpMessage} from './message-reader.ts'

export interface QmpEvent {
  readonly name: string
  readonly data: Readonly<Record<string, unknown>>
  /** Milliseconds since 1970 by QEMU's own clock; 0 when it did not say. */
  readonly timeMs: number
}

export interface QmpOptions {
  /** For the greeting and the negotiation together. Default 5,000. */
  handshakeTimeoutMs?: number
  /** For a command that names no limit of its own. Default 10,000. */
  commandTimeoutMs?: number
  /** The largest message that is taken. Default 16 MiB (query-qmp-schema, the largest in practice, is about 200 KiB). */
  maxMessageBytes?: number
  signal?: AbortSignal
}

export interface ExecuteOptions {
  timeoutMs?: number
  signal?: AbortSignal
}

export interface QmpVersion { readonly major: number; readonly minor: number; readonly micro: number; readonly package: string }

interface Waiting {
  readonly command: string
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: Error) => void
}

/** Late replies to commands that were given up are expected, but not without end. */
const maxAbandoned = 64

export class QmpClient {
  readonly version: QmpVersion
  readonly #stream: Duplex
  readonly #peer: string
  readonly #commandTimeoutMs: number
  readonly #waiting = new Map<string, Waiting>()
  readonly #abandoned = new Set<string>()
  readonly #listeners = new Set<(event: QmpEvent) => void>()
  readonly #closeListeners = new Set<(reason: Error) => void>()
  #nextId = 1
  #end: Error | undefined

  /** Use openQmp or connectQmp, which do the handshake first. */
  constructor(stream: Duplex, peer: string, version: QmpVersion, commandTimeoutMs: number) {
    this.#stream = stream
    this.#peer = peer
    this.version = version
    this.#commandTimeoutMs = commandTimeoutMs
  }

  get isOpen(): boolean { return this.#end === undefined }

  /**
   * Sends a command and gives what it returns.
   * @throws ToolError when QEMU refuses it (its class in data.errorClass), UnavailableError on timeout or a lost connection, CancelledError
   */
  execute(command: string, args?: Readonly<Record<string, unknown>>, options: ExecuteOptions = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) { reject(this.#end); return }
      if (options.signal?.aborted) { reject(new CancelledError()); return }
      const id = `c${this.#nextId++}`
      const timeoutMs = options.timeoutMs ?? this.#commandTimeoutMs
      const finish = () => { clearTimeout(timer); options.signal?.removeEventListener('abort', onAbort) }
      const giveUp = (reason: Error) => {
        if (!this.#waiting.delete(id)) return
        this.#abandoned.add(id)
        finish()
        reject(reason)
        if (this.#abandoned.size > maxAbandoned) this.destroy(new UnavailableError(`QEMU answers no commands (${this.#peer})`))
      }
      const onAbort = () => giveUp(new CancelledError())
      const timer = setTimeout(
        () => giveUp(new UnavailableError(`QEMU did not answer '${command}' within ${timeoutMs / 1000} s`, {data: {command, timeoutMs}})),
        timeoutMs,
      )
      options.signal?.addEventListener('abort', onAbort, {once: true})
      this.#waiting.set(id, {
        command,
        resolve: (value) => { finish(); resolve(value) },
        reject: (reason) => { finish(); reject(reason) },
      })
      this.#stream.write(`${JSON.stringify({execute: command, ...(args === undefined ? {} : {arguments: args}), id})}\n`)
    })
  }

  /** Calls the listener for every event from now on; the result ends that. */
  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  /** Calls the listener once when the connection is gone (at once when it is already). */
  onClose(listener: (reason: Error) => void): void {
    if (this.#end !== undefined) { listener(this.#end); return }
    this.#closeListeners.add(listener)
  }

  /**
   * The next event with one of these names.
   * @throws UnavailableError on timeout or a lost connection, CancelledError
   */
  nextEvent(names: readonly string[], options: {timeoutMs: number; signal?: AbortSignal}): Promise<QmpEvent> {
    return new Promise((resolve, reject) => {
      if (options.signal?.aborted) { reject(new CancelledError()); return }
      const finish = () => {
        clearTimeout(timer)
        stopListening()
        this.#closeListeners.delete(onLost)
        options.signal?.removeEventListener('abort', onAbort)
      }
      const onAbort = () => { finish(); reject(new CancelledError()) }
      const onLost = (reason: Error) => { finish(); reject(reason) }
      const timer = setTimeout(() => {
        finish()
        reject(new UnavailableError(`no event ${names.join(' or ')} came from QEMU within ${options.timeoutMs / 1000} s`))
      }, options.timeoutMs)
      const stopListening = this.onEvent((event) => { if (names.includes(event.name)) { finish(); resolve(event) } })
      options.signal?.addEventListener('abort', onAbort, {once: true})
      this.onClose(onLost)
    })
  }

  /** Ends the connection; commands that wait are rejected. QEMU goes on running. */
  close(): void {
    this.destroy(new UnavailableError(`the connection to QEMU was closed (${this.#peer})`))
  }

  destroy(reason: Error): void {
    if (this.#end !== undefined) return
    this.#end = reason
    this.#stream.destroy()
    for (const waiting of this.#waiting.values()) waiting.reject(reason)
    this.#waiting.clear()
    for (const listener of [...this.#closeListeners]) listener(reason)
    this.#closeListeners.clear()
    this.#listeners.clear()
  }

  /** Takes a message that came after the handshake. */
  accept(message: QmpMessage): void {
    if (typeof message['event'] === 'string') { this.#acceptEvent(message); return }
    const id = message['id']
    if (typeof id === 'string' && this.#abandoned.delete(id)) return
    const waiting = typeof id === 'string' ? this.#waiting.get(id) : undefined
    if (typeof id !== 'string' || waiting === undefined) {
      this.destroy(new UnavailableError(`QEMU answered a question that was not asked or was answered before (${this.#peer})`))
      return
    }
    this.#waiting.delete(id)
    if ('return' in message) waiting.resolve(message['return'])
    else waiting.reject(commandError(this.#peer, waiting.command, message['error']))
  }

  #acceptEvent(message: QmpMessage): void {
    const stamp = asObject(message['timestamp'])
    const seconds = stamp['seconds']
    const microseconds = stamp['microseconds']
    const event: QmpEvent = {
      name: String(message['event']),
      data: asObject(message['data']),
      timeMs: typeof seconds === 'number' && typeof microseconds === 'number' ? seconds * 1000 + microseconds / 1000 : 0,
    }
    for (const listener of [...this.#listeners]) listener(event)
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : {}
}

function commandError(peer: string, command: string, error: unknown): Error {
  const {class: errorClass, desc} = asObject(error)
  const reason = typeof desc === 'string' ? readable(desc.slice(0, 4096), 1000) : 'no reason given'
  return new ToolError(`QEMU refused '${command}': ${reason}`, {
    host: peer, argv: [command], exitCode: null, stderr: reason,
    data: {errorClass: typeof errorClass === 'string' ? readable(errorClass, 60) : 'GenericError'},
  })
}

/**
 * Does the handshake over a stream that is connected to a QMP monitor (also one that QEMU opened to us).
 * @param peer what is at the other end, for messages: a socket path
 * @throws UnavailableError when no QMP answers in time or the connection ends; CancelledError
 */
export function openQmp(stream: Duplex, peer: string, options: QmpOptions = {}): Promise<QmpClient> {
  const handshakeTimeoutMs = options.handshakeTimeoutMs ?? 5_000
  const reader = new MessageReader(options.maxMessageBytes ?? 16 * 1024 * 1024)
  return new Promise((resolve, reject) => {
    let client: QmpClient | undefined
    const fail = (reason: Error) => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', onAbort)
      stream.destroy()
      if (client === undefined) reject(reason)
      else client.destroy(reason)
    }
    const onAbort = () => fail(new CancelledError())
    const timer = setTimeout(
      () => fail(new UnavailableError(`QEMU did not greet within ${handshakeTimeoutMs / 1000} s (${peer})`)), handshakeTimeoutMs)
    const greet = (message: QmpMessage) => {
      const greeting = message['QMP']
      if (greeting === undefined && isLeftOver(message)) return
      if (greeting === undefined) throw new UnavailableError(`what answers at ${peer} is not a QMP monitor`)
      client = new QmpClient(stream, peer, readVersion(greeting), options.commandTimeoutMs ?? 10_000)
      const opened = client
      opened.execute('qmp_capabilities', undefined, {timeoutMs: handshakeTimeoutMs}).then(
        () => {
          clearTimeout(timer)
          options.signal?.removeEventListener('abort', onAbort)
          resolve(opened)
        },
        (reason: Error) => { fail(reason); reject(reason) },
      )
    }
    stream.on('data', (chunk: Buffer) => {
      try {
        for (const message of reader.push(chunk)) {
          if (client === undefined) greet(message)
          else client.accept(message)
        }
      } catch (error) {
        fail(error instanceof Error ? error : new UnavailableError(`the connection to QEMU failed (${peer})`))
      }
    })
    stream.on('error', (cause) => fail(new UnavailableError(`the connection to QEMU failed (${peer})`, {cause})))
    stream.on('close', () => fail(new UnavailableError(`QEMU closed the connection (${peer})`)))
    stream.on('end', () => fail(new UnavailableError(`QEMU closed the connection (${peer})`)))
    if (options.signal?.aborted) onAbort()
    else options.signal?.addEventListener('abort', onAbort, {once: true})
  })
}

/**
 * Whether a message before the greeting was meant for whoever was connected before: QEMU keeps what it could not get rid of when its client left,
 * and gives it to the next one.
 */
function isLeftOver(message: QmpMessage): boolean {
  return 'event' in message || 'return' in message || 'error' in message
}

function readVersion(greeting: unknown): QmpVersion {
  const version = asObject(asObject(greeting)['version'])
  const {major, minor, micro} = asObject(version['qemu'])
  const number = (value: unknown) => typeof value === 'number' && Number.isSafeInteger(value) ? value : 0
  return {
    major: number(major), minor: number(minor), micro: number(micro),
    package: typeof version['package'] === 'string' ? readable(version['package'], 100) : '',
  }
}

/**
 * Connects to a monitor's socket on the host and does the handshake. A QMP socket serves one client at a time: while another one is
 * connected the greeting does not come, and the error says so.
 * @throws UnavailableError, CancelledError
 */
export async function connectQmp(host: Host, socketPath: string, options: QmpOptions = {}): Promise<QmpClient> {
  const stream = await host.connect(socketPath, options.handshakeTimeoutMs ?? 5_000)
  return openQmp(stream, socketPath, options)
}

/** Connects, does something and closes the connection whatever happens. */
export async function withQmp<T>(host: Host, socketPath: string, options: QmpOptions, work: (client: QmpClient) => Promise<T>): Promise<T> {
  const client = await connectQmp(host, socketPath, options)
  try {
    return await work(client)
  } finally {
    client.close()
  }
}
