// The messages of SFTP, version 3 (draft-ietf-secsh-filexfer-02, and what OpenSSH adds: its file PROTOCOL): numbers have their highest byte first, each message its length before
// it. Pure. What comes from a server is believed nothing: lengths and counts are bounded by what is there.
import {InvalidInputError} from '../../../base/index.ts'

export const requestTypes = {open: 3, close: 4, read: 5, write: 6, lstat: 7, openFolder: 11, readFolder: 12, remove: 13, makeFolder: 14, rename: 18, extended: 200} as const
export const answerTypes = {version: 2, status: 101, handle: 102, data: 103, names: 104, attributes: 105, extended: 201} as const
export const statusCodes = {ok: 0, end: 1, noSuchFile: 2, denied: 3} as const
const initType = 1
export const protocolVersion = 3
/** More than any server sends in answer to what is asked here. */
const maxMessageBytes = 1024 * 1024

/** What an answer is, and what is in it behind its number. */
export interface SftpAnswer {
  readonly type: number
  readonly id: number
  readonly body: Buffer
}

/** The first message of a client. */
export function initMessage(): Buffer {
  return framed(initType, [uint32(protocolVersion)])
}

export function requestMessage(type: number, id: number, fields: readonly Buffer[]): Buffer {
  return framed(type, [uint32(id), ...fields])
}

export function uint32(value: number): Buffer {
  const data = Buffer.alloc(4)
  data.writeUInt32BE(value)
  return data
}

export function uint64(value: number): Buffer {
  const data = Buffer.alloc(8)
  data.writeBigUInt64BE(BigInt(value))
  return data
}

/** Its length, then its bytes. */
export function textField(value: string | Buffer): Buffer {
  const data = Buffer.from(value)
  return Buffer.concat([uint32(data.length), data])
}

function framed(type: number, fields: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from([type]), ...fields])
  return Buffer.concat([uint32(body.length), body])
}

/** Takes bytes as they come, and gives whole messages. */
export class MessageReader {
  #pieces: Buffer[] = []
  #sizeBytes = 0

  /** @throws InvalidInputError for what is no message */
  push(piece: Buffer): SftpAnswer[] {
    this.#pieces.push(piece)
    this.#sizeBytes += piece.length
    const answers: SftpAnswer[] = []
    for (;;) {
      if (this.#sizeBytes < 5) return answers
      const all = this.#pieces.length === 1 ? this.#pieces[0] ?? Buffer.alloc(0) : Buffer.concat(this.#pieces)
      this.#pieces = [all]
      const length = all.readUInt32BE(0)
      if (length < 5 || length > maxMessageBytes) throw new InvalidInputError('the server answers in another way than SFTP')
      if (all.length < 4 + length) return answers
      answers.push({type: all.readUInt8(4), id: all.readUInt32BE(5), body: all.subarray(9, 4 + length)})
      this.#pieces = all.length > 4 + length ? [all.subarray(4 + length)] : []
      this.#sizeBytes = all.length - 4 - length
    }
  }
}

/** Reads the fields of an answer one after the other. */
export class FieldReader {
  readonly #data: Buffer
  #at = 0

  constructor(data: Buffer) {
    this.#data = data
  }

  /** @throws InvalidInputError at the end */
  uint32(): number {
    return this.#take(4).readUInt32BE(0)
  }

  /** @throws InvalidInputError; a number too large to be exact is the largest that is */
  uint64(): number {
    const value = this.#take(8).readBigUInt64BE(0)
    return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value)
  }

  text(): Buffer {
    return this.#take(this.uint32())
  }

  /** Passes over attributes, and gives the size where they say one. */
  attributes(): {readonly sizeBytes?: number} {
    const flags = this.uint32()
    const sizeBytes = (flags & 1) === 0 ? undefined : this.uint64()
    if ((flags & 2) !== 0) this.#take(8)
    if ((flags & 4) !== 0) this.#take(4)
    if ((flags & 8) !== 0) this.#take(8)
    if ((flags & 0x8000_0000) !== 0) {
      for (let count = this.uint32(); count > 0; count--) {
        this.text()
        this.text()
      }
    }
    return sizeBytes === undefined ? {} : {sizeBytes}
  }

  #take(count: number): Buffer {
    if (this.#at + count > this.#data.length) throw new InvalidInputError('an answer of the server is cut off')
    this.#at += count
    return this.#data.subarray(this.#at - count, this.#at)
  }
}
