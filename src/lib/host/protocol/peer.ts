// One end of a connection between two programs of Corral: calls in both directions with events, cancellation and byte streams. Neither
// end trusts the other: what breaks the protocol or its bounds ends the connection with an error that says so. It knows no method.
import type {Duplex} from 'node:stream'
import {AppError, CancelledError, UnavailableError, UnsupportedError, systemClock} from '../../base/index.ts'
import type {Clock} from '../../base/index.ts'
import {decodeError, encodeError} from './error-payload.ts'
import type {Frame, FrameType} from './frames.ts'
import {FrameReader, encodeFrame, greeting, maxPayloadBytes, violation} from './frames.ts'
import {decodeObject, encodeJson, isObject} from './json-payload.ts'
import {PeerStreams} from './peer-streams.ts'

export interface PeerOptions {
  /** Who asked for the connection is the client; it decides only who numbers streams how. */
  readonly role: 'client' | 'agent'
  /** The other side, for messages: `host h2`. */
  readonly name: string
  readonly clock?: Clock
  /** How often a sign of life is sent, and how long none may come; the defaults are 10 s and 30 s. */
  readonly heartbeatMs?: number
  readonly silenceMs?: number
  readonly maxResultBytes?: number
}

export interface CallOptions {
  /** Asks the other side to stop. */
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
  /** After a cancellation the answer is waited for so long; default 0: not at all. */
  readonly cancelGraceMs?: number
  readonly onEvent?: (event: unknown) => void
}

/** What a method is given of the call that it answers. */
export interface IncomingCall {
  /** Sends an event to the caller; resolves when the connection takes more. */
  readonly emit: (event: unknown) => Promise<void>
  /** Fires when the caller cancels (the reason is a CancelledError) or is gone (an UnavailableError). */
  readonly signal: AbortSignal
  /** Opens a stream; its number goes to the caller in an event. One that is not ended when the call is answered is given up. */
  readonly openStream: () => {id: number; stream: Duplex}
  /** Takes up a stream that the caller opened. @throws NotFoundError */
  readonly attachStream: (id: number) => Duplex
}

export type Method = (params: unknown, call: IncomingCall) => Promise<unknown>

export interface Peer {
  /** @throws the AppError that the other side answered with; UnavailableError when the connection is lost or time is up; CancelledError */
  call(method: string, params: unknown, options?: CallOptions): Promise<unknown>
  /** Answers calls; an unknown method is refused. */
  handle(methods: Readonly<Record<string, Method>>): void
  /** Opens a stream, whose number the caller puts into the parameters of a call. */
  openStream(): {id: number; stream: Duplex}
  /** Takes up a stream that the other side opened. @throws NotFoundError */
  attachStream(id: number): Duplex
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>
  /** Why it is over; undefined while it lasts and when it was closed on purpose. */
  reason(): AppError | undefined
  close(): void
  /** Calls of the other side that are not answered yet. */
  readonly openCalls: number
}

/** Calls that each side may have open. */
const maxCalls = 64
const partBytes = 256 * 1024
/** What may wait to be sent apart from streams and results, which wait for room. */
const maxWaitingBytes = 8 * 1024 * 1024
const closingMs = 2_000

/** In a cancellation: the caller is gone. */
const goneMark = Buffer.from('gone', 'ascii')

/** Begins to talk over the stream at once. */
export function openPeer(stream: Duplex, options: PeerOptions): Peer {
  return new Connection(stream, options)
}

interface OutgoingCall {
  readonly parts: Buffer[]
  bytes: number
  /** undefined when nobody waits any more: the answer is dropped. */
  settle: ((answer: {result: unknown} | {error: unknown}) => void) | undefined
  readonly onEvent: ((event: unknown) => void) | undefined
}

interface AnsweredCall {
  readonly controller: AbortController
  readonly streams: Set<number>
}

class Connection implements Peer {
  readonly closed: Promise<void>
  readonly #stream: Duplex
  readonly #name: string
  readonly #clock: Clock
  readonly #maxResultBytes: number
  readonly #reader = new FrameReader()
  readonly #outgoing = new Map<number, OutgoingCall>()
  readonly #incoming = new Map<number, AnsweredCall>()
  readonly #streams: PeerStreams
  readonly #over = new AbortController()
  #methods: Readonly<Record<string, Method>> | undefined
  #waitingRequests: Frame[] = []
  #nextCall = 1
  #lastIncoming = 0
  #partialBytes = 0
  #lastHeardMs: number
  #answering: Promise<void> = Promise.resolve()
  #reason: AppError | undefined
  #resolveClosed: () => void = () => undefined

  constructor(stream: Duplex, {role, name, clock = systemClock, heartbeatMs = 10_000, silenceMs = 30_000, maxResultBytes = 64 * 1024 * 1024}: PeerOptions) {
    this.#stream = stream
    this.#name = name
    this.#clock = clock
    this.#maxResultBytes = maxResultBytes
    this.#lastHeardMs = clock.monotonicMs()
    this.#streams = new PeerStreams({send: (type, id, payload) => this.#send(type, id, payload), room: () => this.#room()}, role === 'client')
    this.closed = new Promise((resolve) => { this.#resolveClosed = resolve })
    stream.setMaxListeners(0)
    stream.on('data', (chunk: Buffer) => this.#onData(chunk))
    stream.on('error', (error: Error) => this.#finish(this.#lost(error)))
    for (const event of ['end', 'close']) stream.on(event, () => this.#finish(this.#lost()))
    stream.write(greeting)
    void this.#beat(heartbeatMs, silenceMs)
  }

  get openCalls(): number { return this.#incoming.size }

  reason(): AppError | undefined { return this.#reason }

  handle(methods: Readonly<Record<string, Method>>): void {
    this.#methods = methods
    const waiting = this.#waitingRequests
    this.#waitingRequests = []
    try {
      for (const frame of waiting) this.#onRequest(frame)
    } catch (error) {
      this.#fail(error)
    }
  }

  openStream(): {id: number; stream: Duplex} {
    this.#assertOpen()
    return this.#streams.open()
  }

  attachStream(id: number): Duplex {
    this.#assertOpen()
    return this.#streams.attach(id)
  }

  close(): void {
    this.#sayGoodbye(undefined)
    this.#finish(undefined)
  }

  async call(method: string, params: unknown, {signal, timeoutMs, cancelGraceMs = 0, onEvent}: CallOptions = {}): Promise<unknown> {
    if (signal?.aborted === true) throw new CancelledError()
    this.#assertOpen()
    if (this.#outgoing.size >= maxCalls) throw new UnavailableError(`${this.#name} has ${maxCalls} calls to answer already`)
    const payload = encodeJson({method, params})
    if (payload.length > maxPayloadBytes) throw new UnsupportedError(`the parameters are too long to be sent (${payload.length} bytes; ${maxPayloadBytes} is the most)`)
    const id = this.#nextCall++
    const timers = new AbortController()
    try {
      return await new Promise<unknown>((resolve, reject) => {
        const entry: OutgoingCall = {
          parts: [], bytes: 0, onEvent,
          settle: (answer) => {
            if ('result' in answer) resolve(answer.result)
            else reject(answer.error instanceof Error ? answer.error : new AppError('internal', 'the call failed'))
          },
        }
        this.#outgoing.set(id, entry)
        const giveUp = (error: AppError, graceMs: number) => {
          if (entry.settle === undefined || !this.#outgoing.has(id)) return
          // A caller that is gone itself (a keeper's) did not cancel: what must come to its end goes on.
          this.#send('cancel', id, isGone(signal) ? goneMark : undefined)
          const leave = () => { entry.settle = undefined; this.#dropParts(entry); reject(error) }
          if (graceMs <= 0) leave()
          else this.#clock.sleep(graceMs, timers.signal).then(leave, () => undefined)
        }
        signal?.addEventListener('abort', () => giveUp(new CancelledError(), cancelGraceMs), {once: true, signal: timers.signal})
        if (timeoutMs !== undefined) {
          const error = new UnavailableError(`${this.#name} did not answer within ${timeoutMs / 1000} s`)
          this.#clock.sleep(timeoutMs, timers.signal).then(() => giveUp(error, 0), () => undefined)
        }
        this.#send('request', id, payload)
      })
    } finally {
      timers.abort()
    }
  }

  #onData(chunk: Buffer): void {
    if (this.#over.signal.aborted) return
    this.#lastHeardMs = this.#clock.monotonicMs()
    try {
      for (const frame of this.#reader.push(chunk)) {
        this.#onFrame(frame)
        if (this.#over.signal.aborted) return
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  #onFrame(frame: Frame): void {
    const {type, id, payload} = frame
    switch (type) {
      case 'request': this.#onRequest(frame); return
      case 'response-part':
      case 'response': this.#onResponse(frame); return
      case 'event': this.#callOf(id, 'an event').onEvent?.(decodeObject(payload, 'an event')['event']); return
      case 'cancel': this.#onCancel(id, payload); return
      case 'stream-data':
      case 'stream-credit':
      case 'stream-end':
      case 'stream-reset': this.#streams.receive(type, id, payload); return
      case 'ping': this.#send('pong', 0); return
      case 'pong': return
      case 'goodbye': this.#onGoodbye(payload); return
    }
  }

  #onRequest(frame: Frame): void {
    const {id, payload} = frame
    if (this.#methods === undefined) {
      // What comes before handle() is called waits; a side that never handles calls is not flooded either.
      if (this.#waitingRequests.length >= maxCalls) throw violation(`it has more than ${maxCalls} calls open`)
      this.#waitingRequests.push(frame)
      return
    }
    if (id <= this.#lastIncoming) throw violation(`call ${id} was made already`)
    this.#lastIncoming = id
    if (this.#incoming.size >= maxCalls) throw violation(`it has more than ${maxCalls} calls open`)
    const {method, params} = decodeObject(payload, 'a call')
    if (typeof method !== 'string') throw violation('a call names no method')
    const call: AnsweredCall = {controller: new AbortController(), streams: new Set()}
    this.#incoming.set(id, call)
    const own = Object.hasOwn(this.#methods, method) ? this.#methods[method] : undefined
    void this.#answer(id, call, own, method, params)
  }

  async #answer(id: number, call: AnsweredCall, method: Method | undefined, name: string, params: unknown): Promise<void> {
    let answer: {result: unknown} | {error: unknown}
    try {
      if (method === undefined) throw new UnsupportedError(`there is no method '${name.slice(0, 80)}' here`)
      const result = await method(params, {
        signal: call.controller.signal,
        emit: async (event) => { await this.#emit(id, event) },
        openStream: () => {
          const opened = this.#streams.open()
          call.streams.add(opened.id)
          return opened
        },
        attachStream: (stream) => {
          call.streams.add(stream)
          return this.#streams.attach(stream)
        },
      })
      answer = {result: result ?? null}
    } catch (error) {
      answer = {error}
    }
    // One answer after the other: what waits to be sent stays within a bound whatever the other side asks for and does not read.
    this.#answering = this.#answering.then(() => this.#respond(id, this.#encodeAnswer(answer)))
    await this.#answering
    this.#streams.giveUp(call.streams)
    this.#incoming.delete(id)
  }

  #encodeAnswer(answer: {result: unknown} | {error: unknown}): Buffer {
    if (this.#over.signal.aborted) return Buffer.alloc(0)
    try {
      if ('error' in answer) throw answer.error
      const bytes = encodeJson(answer)
      if (bytes.length <= this.#maxResultBytes) return bytes
      throw new UnsupportedError(`the result is too long to be sent (${bytes.length} bytes; ${this.#maxResultBytes} is the most)`)
    } catch (error) {
      return encodeJson({error: encodeError(error)})
    }
  }

  async #respond(id: number, answer: Buffer): Promise<void> {
    let at = 0
    for (; answer.length - at > partBytes && !this.#over.signal.aborted; at += partBytes) {
      this.#send('response-part', id, answer.subarray(at, at + partBytes))
      await this.#room()
    }
    this.#incoming.delete(id)
    this.#send('response', id, answer.subarray(at))
  }

  async #emit(id: number, event: unknown): Promise<void> {
    if (!this.#incoming.has(id)) return
    this.#send('event', id, encodeJson({event}))
    await this.#room()
  }

  #onResponse({type, id, payload}: Frame): void {
    const call = this.#callOf(id, 'an answer')
    call.bytes += payload.length
    if (call.bytes > this.#maxResultBytes + partBytes) throw violation(`its answer is longer than ${this.#maxResultBytes} bytes`)
    if (call.settle !== undefined) {
      this.#partialBytes += payload.length
      if (this.#partialBytes > 2 * this.#maxResultBytes) throw violation('its answers are too long together')
      call.parts.push(payload)
    }
    if (type === 'response-part') {
      if (payload.length === 0) throw violation('a part of an answer is empty')
      return
    }
    const answer = call.settle === undefined ? undefined : decodeObject(Buffer.concat(call.parts), 'an answer')
    if (answer !== undefined && !('error' in answer) && !('result' in answer)) throw violation('an answer has neither a result nor an error')
    // Only now: a call whose answer breaks the protocol has to fail with the rest.
    this.#outgoing.delete(id)
    this.#dropParts(call)
    if (answer !== undefined) call.settle?.('error' in answer ? {error: decodeError(answer['error'])} : {result: answer['result']})
  }

  #dropParts(call: OutgoingCall): void {
    for (const part of call.parts) this.#partialBytes -= part.length
    call.parts.length = 0
  }

  #onCancel(id: number, payload: Buffer): void {
    const call = this.#incoming.get(id)
    if (call !== undefined) call.controller.abort(payload.equals(goneMark) ? this.#lost() : new CancelledError())
    // The answer and the cancellation may have crossed.
    else if (id > this.#lastIncoming && !this.#waitingRequests.some((frame) => frame.id === id)) throw violation(`there is no call ${id} to be cancelled`)
  }

  #onGoodbye(payload: Buffer): void {
    const said = payload.length === 0 ? {} : decodeObject(payload, 'a goodbye')
    const error = isObject(said['error']) ? decodeError(said['error']) : undefined
    const details = error === undefined ? {} : {cause: error, nextSteps: error.nextSteps}
    this.#finish(error?.kind === 'unsupported' ? error : new UnavailableError(`${this.#name} ended the connection`, details))
  }

  #callOf(id: number, what: string): OutgoingCall {
    const call = this.#outgoing.get(id)
    if (call === undefined) throw violation(`${what} is for call ${id}, which was not made or is answered`)
    return call
  }

  #send(type: FrameType, id: number, payload?: Buffer): void {
    if (this.#over.signal.aborted || this.#stream.destroyed || this.#stream.writableEnded) return
    if (this.#stream.writableLength > maxWaitingBytes) {
      this.#fail(violation('it asks for more than it reads'))
      return
    }
    this.#stream.write(encodeFrame(type, id, payload))
  }

  /** Resolves when the connection takes more, or is over. */
  async #room(): Promise<void> {
    if (!this.#stream.writableNeedDrain || this.#over.signal.aborted) return
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#stream.off('drain', done)
        this.#over.signal.removeEventListener('abort', done)
        resolve()
      }
      this.#stream.on('drain', done)
      this.#over.signal.addEventListener('abort', done)
    })
  }

  async #beat(heartbeatMs: number, silenceMs: number): Promise<void> {
    for (;;) {
      try {
        await this.#clock.sleep(heartbeatMs, this.#over.signal)
      } catch {
        return
      }
      if (this.#clock.monotonicMs() - this.#lastHeardMs >= silenceMs) {
        this.#finish(new UnavailableError(`${this.#name} has given no sign of life for ${silenceMs / 1000} s`))
        return
      }
      // A connection that takes nothing needs no more to be put into it.
      if (!this.#stream.writableNeedDrain) this.#send('ping', 0)
    }
  }

  #assertOpen(): void {
    if (this.#over.signal.aborted) throw this.#reason ?? new UnavailableError(`the connection to ${this.#name} is closed`)
  }

  #lost(cause?: Error): UnavailableError {
    return new UnavailableError(`the connection to ${this.#name} was lost`, cause === undefined ? {} : {cause})
  }

  /** The other side broke the protocol, or we have a bug: it is told, and the connection ends. */
  #fail(error: unknown): void {
    if (this.#over.signal.aborted) return
    const known = error instanceof AppError ? error : new AppError('internal', `talking to ${this.#name} failed`, {cause: error})
    this.#sayGoodbye(known)
    this.#finish(known.kind === 'unsupported' ? known : new AppError(known.kind, `the connection to ${this.#name} was ended`, {cause: known, nextSteps: known.nextSteps}))
  }

  #sayGoodbye(error: AppError | undefined): void {
    if (this.#over.signal.aborted || this.#stream.destroyed || this.#stream.writableEnded) return
    this.#stream.write(encodeFrame('goodbye', 0, error === undefined ? undefined : encodeJson({error: encodeError(error)})))
  }

  #finish(reason: AppError | undefined): void {
    if (this.#over.signal.aborted) return
    this.#reason = reason
    this.#over.abort()
    const error = reason ?? new UnavailableError(`the connection to ${this.#name} was closed`)
    for (const call of this.#outgoing.values()) call.settle?.({error})
    this.#outgoing.clear()
    for (const call of this.#incoming.values()) call.controller.abort(this.#lost())
    this.#streams.destroy(error)
    this.#waitingRequests = []
    this.#endTransport()
    this.#resolveClosed()
  }

  /** What was said last goes out if the other side reads it soon. */
  #endTransport(): void {
    if (this.#stream.destroyed) return
    this.#stream.end()
    this.#stream.resume()
    const timer = setTimeout(() => this.#stream.destroy(), closingMs)
    timer.unref()
    this.#stream.once('close', () => clearTimeout(timer))
    this.#stream.once('finish', () => this.#stream.destroy())
  }
}

function isGone(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true && signal.reason instanceof UnavailableError
}
