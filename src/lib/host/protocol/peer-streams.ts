// The byte streams of one connection: who may open which number, when one is over, and how many there may be. A side numbers the
// streams that it opens itself (the client odd, the agent even). Opening sends credit, which is how the other side hears of it.
import type {Duplex} from 'node:stream'
import {AppError, NotFoundError, UnavailableError} from '../../base/index.ts'
import type {FrameType} from './frames.ts'
import {violation} from './frames.ts'
import {PeerStream} from './peer-stream.ts'

const maxStreams = 16

interface Entry {
  /** Absent while the other side's stream has not been taken up. */
  stream: PeerStream | undefined
  /** Credit that came before it was taken up. */
  announcedCredit: number
  /** We have sent an end or a reset. */
  isSent: boolean
  /** The other side has. */
  isReceived: boolean
}

export interface StreamsLink {
  send(type: FrameType, id: number, payload?: Buffer): void
  room(): Promise<void>
}

export class PeerStreams {
  readonly #link: StreamsLink
  readonly #entries = new Map<number, Entry>()
  #nextId: number
  #lastOfOthers = 0

  constructor(link: StreamsLink, isClient: boolean) {
    this.#link = link
    this.#nextId = isClient ? 1 : 2
  }

  /** Opens a stream of ours. @throws AppError when there are too many */
  open(): {id: number; stream: Duplex} {
    if (this.#entries.size >= maxStreams) throw new AppError('internal', `more than ${maxStreams} streams on one connection`)
    const id = this.#nextId
    this.#nextId += 2
    return {id, stream: this.#take(id, {stream: undefined, announcedCredit: 0, isSent: false, isReceived: false})}
  }

  /** Takes up a stream that the other side opened. @throws NotFoundError */
  attach(id: number): Duplex {
    const entry = this.#entries.get(id)
    if (entry === undefined || entry.stream !== undefined || this.#isOurs(id)) throw new NotFoundError(`there is no stream ${id} to be taken up`)
    return this.#take(id, entry)
  }

  /** A frame of the other side that is about a stream. @throws AppError (tool) */
  receive(type: 'stream-data' | 'stream-credit' | 'stream-end' | 'stream-reset', id: number, payload: Buffer): void {
    const entry = this.#entries.get(id)
    if (type === 'stream-credit') { this.#receiveCredit(id, entry, payload); return }
    if (entry === undefined || entry.isReceived) throw violation(`there is no stream ${id}`)
    if (type === 'stream-data') {
      if (entry.stream === undefined) throw violation(`it sent on stream ${id} without credit`)
      entry.stream.receive(payload)
      return
    }
    entry.isReceived = true
    if (type === 'stream-end') entry.stream?.receiveEnd()
    else {
      if (!entry.isSent && entry.stream === undefined) this.#sendFinal('stream-reset', id, entry)
      entry.stream?.destroy(new UnavailableError('the other side gave the stream up'))
    }
    this.#forgetIfOver(id, entry)
  }

  /** Gives up the streams with these numbers that are still written to: their call is over. */
  giveUp(ids: Iterable<number>): void {
    for (const id of ids) {
      const stream = this.#entries.get(id)?.stream
      if (stream?.writableEnded === false) stream.destroy()
    }
  }

  /** The connection is gone. */
  destroy(error: AppError): void {
    for (const entry of this.#entries.values()) {
      entry.isSent = true
      entry.stream?.destroy(entry.isReceived && entry.stream.writableFinished ? undefined : error)
    }
    this.#entries.clear()
  }

  #receiveCredit(id: number, entry: Entry | undefined, payload: Buffer): void {
    if (payload.length !== 4) throw violation('a credit has four bytes')
    const bytes = payload.readUInt32BE(0)
    if (entry?.stream !== undefined) { entry.stream.addCredit(bytes); return }
    if (entry !== undefined) { entry.announcedCredit = Math.min(entry.announcedCredit + bytes, 2 ** 31); return }
    // Credit for what is over may have been under way; anything new has the next number of the other side.
    if (this.#isOurs(id)) {
      if (id >= this.#nextId) throw violation(`there is no stream ${id}`)
      return
    }
    if (id === 0) throw violation('there is no stream 0')
    if (id <= this.#lastOfOthers) return
    if (this.#entries.size >= maxStreams) throw violation(`it opened more than ${maxStreams} streams`)
    this.#lastOfOthers = id
    this.#entries.set(id, {stream: undefined, announcedCredit: bytes, isSent: false, isReceived: false})
  }

  #take(id: number, entry: Entry): PeerStream {
    this.#entries.set(id, entry)
    const stream = new PeerStream({
      sendData: (chunk) => { if (!entry.isSent) this.#link.send('stream-data', id, chunk) },
      sendCredit: (bytes) => {
        if (entry.isReceived) return
        const payload = Buffer.alloc(4)
        payload.writeUInt32BE(bytes, 0)
        this.#link.send('stream-credit', id, payload)
      },
      sendEnd: () => this.#sendFinal('stream-end', id, entry),
      // Who has ended, and has had the other's end, has nothing to give up.
      sendReset: () => { if (!entry.isSent || !entry.isReceived) this.#sendFinal('stream-reset', id, entry) },
      room: () => this.#link.room(),
    })
    entry.stream = stream
    // A stream that nobody listens to when it fails must not end the process.
    stream.on('error', () => undefined)
    stream.addCredit(entry.announcedCredit)
    if (entry.isReceived) stream.receiveEnd()
    return stream
  }

  #sendFinal(type: 'stream-end' | 'stream-reset', id: number, entry: Entry): void {
    if (entry.isSent) return
    entry.isSent = true
    this.#link.send(type, id)
    this.#forgetIfOver(id, entry)
  }

  #forgetIfOver(id: number, entry: Entry): void {
    if (entry.isSent && entry.isReceived && this.#entries.get(id) === entry) this.#entries.delete(id)
  }

  #isOurs(id: number): boolean {
    return id % 2 === this.#nextId % 2
  }
}
