// Cuts the byte stream of a QMP connection into messages. The other side may be a QEMU that its guest has taken over, so nothing
// here trusts it: a message has a largest size, must be one JSON object, and is handed on as unknown fields.
import {UnavailableError} from '../../../base/index.ts'

export type QmpMessage = Readonly<Record<string, unknown>>

const lineFeed = 0x0a
/** Far deeper than QEMU's answers about a long chain of backing files. Whatever reads or prints an answer walks down into it. */
const maxDepth = 256

export class MessageReader {
  readonly #maxMessageBytes: number
  readonly #sender: string
  #parts: Buffer[] = []
  #partBytes = 0

  /** @param sender who is at the other end, for messages */
  constructor(maxMessageBytes: number, sender = 'QEMU') {
    this.#maxMessageBytes = maxMessageBytes
    this.#sender = sender
  }

  /**
   * Takes the next bytes and gives the messages that they complete.
   * @throws UnavailableError when a message is too large or not a JSON object; the connection is of no use afterwards
   */
  * push(chunk: Buffer): Generator<QmpMessage> {
    let from = 0
    for (;;) {
      const end = chunk.indexOf(lineFeed, from)
      const part = chunk.subarray(from, end === -1 ? chunk.length : end)
      if (this.#partBytes + part.length > this.#maxMessageBytes) {
        this.#parts = []
        throw new UnavailableError(`${this.#sender} sent a message of more than ${this.#maxMessageBytes} bytes`)
      }
      if (end === -1) {
        if (part.length > 0) { this.#parts.push(part); this.#partBytes += part.length }
        return
      }
      const line = this.#parts.length === 0 ? part : Buffer.concat([...this.#parts, part])
      this.#parts = []
      this.#partBytes = 0
      from = end + 1
      const text = line.toString('utf8').trim()
      if (text !== '') yield parseMessage(text, this.#sender)
    }
  }
}

function parseMessage(text: string, sender: string): QmpMessage {
  if (isTooDeep(text)) throw new UnavailableError(`${sender} sent something that is nested more than ${maxDepth} deep`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new UnavailableError(`${sender} sent something that is not JSON: ${readable(text.slice(0, 200), 80)}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UnavailableError(`${sender} sent something that is not a JSON object: ${readable(text.slice(0, 200), 80)}`)
  }
  return value as QmpMessage
}

/** Whether brackets outside of strings nest too deep; what is no JSON is for the parser to refuse. */
function isTooDeep(text: string): boolean {
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') isInString = !isInString
    else if (isInString) at += character === '\\' ? 1 : 0
    else if (character === '{' || character === '[') { if (++depth > maxDepth) return true }
    else if (character === '}' || character === ']') depth--
  }
  return false
}

/** Text from the other side, safe to show on a terminal: control characters replaced, cut to a length. */
export function readable(text: string, maxLength: number): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  return clean.length > maxLength ? `${clean.slice(0, maxLength)}…` : clean
}
