// The frames in which two programs of Corral talk: a header of nine bytes (length of what follows it, type, number of the call or
// stream) and a payload. Bounds are checked as soon as the header is there, before memory is taken for what it announces. Each side
// begins with a line that names the protocol, so that a login's greeting or another version is told from a frame.
import {AppError, UnsupportedError, printable} from '../../base/index.ts'

/** Changed when an older side could not understand a newer one. */
export const protocolVersion = 1

export const frameTypes = [
  'request', 'response-part', 'response', 'event', 'cancel', 'stream-data', 'stream-credit', 'stream-end', 'stream-reset', 'ping', 'pong', 'goodbye',
] as const
export type FrameType = (typeof frameTypes)[number]

export interface Frame {
  readonly type: FrameType
  /** Of the call or the stream; 0 where there is none. */
  readonly id: number
  readonly payload: Buffer
}

/** The longest payload. */
export const maxPayloadBytes = 1024 * 1024
const headerBytes = 9
const maxGreetingBytes = 64
const maxShownBytes = 80

/** The line with which each side begins. */
export const greeting = Buffer.from(`corral/${protocolVersion}\n`, 'ascii')

/** The bytes of a frame. @throws AppError (internal) when the payload is too long, which its maker has to see to */
export function encodeFrame(type: FrameType, id: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  if (payload.length > maxPayloadBytes) throw new AppError('internal', `a frame of ${payload.length} bytes was to be sent; ${maxPayloadBytes} is the most`)
  const frame = Buffer.allocUnsafe(headerBytes + payload.length)
  frame.writeUInt32BE(payload.length, 0)
  frame.writeUInt8(frameTypes.indexOf(type) + 1, 4)
  frame.writeUInt32BE(id, 5)
  payload.copy(frame, headerBytes)
  return frame
}

/** The other side did what no honest one does. */
export function violation(sentence: string, cause?: unknown): AppError {
  return new AppError('tool', `the other side broke the protocol: ${sentence}`, cause === undefined ? {} : {cause})
}

/** Takes bytes in whatever pieces they come and gives frames. */
export class FrameReader {
  readonly #chunks: Buffer[] = []
  #available = 0
  #greeted = false
  #header: {type: FrameType; id: number; length: number} | undefined

  /**
   * The frames that are complete with this chunk.
   * @throws AppError (tool) for what is no frame, UnsupportedError for another version of the protocol
   */
  *push(chunk: Buffer): Generator<Frame> {
    if (chunk.length > 0) this.#chunks.push(chunk)
    this.#available += chunk.length
    if (!this.#greeted && !this.#readGreeting()) return
    for (;;) {
      this.#header ??= this.#readHeader()
      if (this.#header === undefined || this.#available < this.#header.length) return
      const {type, id, length} = this.#header
      this.#header = undefined
      yield {type, id, payload: this.#take(length)}
    }
  }

  #readGreeting(): boolean {
    const start = this.#peek(maxGreetingBytes)
    const end = start.indexOf(0x0a)
    const line = start.subarray(0, end === -1 ? start.length : end)
    const prefix = Buffer.from('corral/', 'ascii')
    const common = Math.min(prefix.length, line.length)
    const isOurs = line.subarray(0, common).equals(prefix.subarray(0, common))
    if (!isOurs || (end === -1 && start.length >= maxGreetingBytes)) throw notOurs(start)
    if (end === -1) return false
    const version = /^corral\/(\d{1,9})$/.exec(line.toString('latin1'))?.[1]
    if (version === undefined) throw notOurs(start)
    if (Number(version) !== protocolVersion) {
      throw new UnsupportedError(`the other side speaks version ${version} of the protocol, and this is version ${protocolVersion}`, {
        data: {protocol: Number(version)},
      })
    }
    this.#take(end + 1)
    this.#greeted = true
    return true
  }

  #readHeader() {
    if (this.#available < headerBytes) return undefined
    const header = this.#take(headerBytes)
    const length = header.readUInt32BE(0)
    const type = frameTypes[header.readUInt8(4) - 1]
    if (type === undefined) throw violation(`there is no frame of type ${header.readUInt8(4)}`)
    if (length > maxPayloadBytes) throw violation(`it announced a frame of ${length} bytes; ${maxPayloadBytes} is the most`)
    return {type, id: header.readUInt32BE(5), length}
  }

  /** Up to that many of the first bytes, left where they are. */
  #peek(count: number): Buffer {
    return Buffer.concat(this.#chunks, Math.min(count, this.#available))
  }

  /** The first bytes; there must be so many. */
  #take(count: number): Buffer {
    const parts: Buffer[] = []
    let missing = count
    let whole = 0
    while (missing > 0) {
      const chunk = this.#chunks[whole]
      if (chunk === undefined) throw new AppError('internal', 'more bytes were taken than there are')
      if (chunk.length <= missing) {
        parts.push(chunk)
        missing -= chunk.length
        whole++
      } else {
        parts.push(chunk.subarray(0, missing))
        this.#chunks[whole] = chunk.subarray(missing)
        missing = 0
      }
    }
    this.#chunks.splice(0, whole)
    this.#available -= count
    const [only] = parts
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, count)
  }
}

function notOurs(start: Buffer): AppError {
  const shown = printable(start.subarray(0, maxShownBytes).toString('utf8').split('\n')[0] ?? '')
  return new AppError('tool', `what answered is not Corral: it began with '${shown}'`, {
    nextSteps: ['See that the login prints nothing by itself (.bashrc, .profile, forced commands).'],
  })
}
