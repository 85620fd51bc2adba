// The part of the NBD protocol that takes what somebody else reads of disks, or lends disks to be read (NetworkBlockDevice/nbd, doc/proto.md): the fixed
// newstyle handshake with NBD_OPT_GO, simple replies, reads of the one kind of export, writes and zeros of the other. QEMU's backup jobs push into it; a machine
// that starts before it is restored reads from it. Every length that a client sends is bounded, and an answer is given only once the bytes were taken.
import type {Duplex} from 'node:stream'
import {AppError, UnavailableError} from '../../base/index.ts'
import type {DirectStream} from '../../host/index.ts'
import {ByteIntake} from './byte-intake.ts'
import type {StreamWaits} from './stream-bytes.ts'
import {writeBytes} from './stream-bytes.ts'

/** A disk that can be written to, and not read. */
export interface NbdSink {
  readonly sizeBytes: number
  /** The bytes are lent until it resolves. */
  write(offset: number, bytes: Buffer): Promise<void>
  writeZeros(offset: number, lengthBytes: number): Promise<void>
}

/** A disk that can be read, and not written to. */
export interface NbdSource {
  readonly sizeBytes: number
  /** Whoever reads is told of a failure, and may read on. */
  read(offset: number, lengthBytes: number): Promise<Buffer>
}

type NbdExport = NbdSink | NbdSource

const initMagic = 0x4e42444d41474943n
const optionMagic = 0x49484156454f5054n
const optionReplyMagic = 0x0003e889045565a9n
const requestMagic = 0x25609513
const replyMagic = 0x67446698
const handshakeFlags = 0b11
const noZeroesFlag = 0b10
const option = {exportName: 1, abort: 2, list: 3, info: 6, go: 7} as const
const optionReply = {ack: 1, info: 3, unsupported: 0x80000001, unknown: 0x80000006} as const
const infoExport = 0
const infoBlockSize = 3
/** HAS_FLAGS, SEND_FLUSH, SEND_FUA, SEND_WRITE_ZEROES. */
const sinkFlags = 0b1 | 0b100 | 0b1000 | 0b100_0000
/** HAS_FLAGS, READ_ONLY. */
const sourceFlags = 0b1 | 0b10
const command = {read: 0, write: 1, disconnect: 2, flush: 3, writeZeros: 6} as const
const errno = {none: 0, io: 5, invalid: 22} as const
const maxOptionBytes = 64 * 1024
const maxOptions = 64
const preferredBytes = 64 * 1024
/** The largest request that QEMU sends. */
const maxRequestBytes = 32 * 1024 ** 2

/**
 * Serves one client to its end.
 * @param exports by name
 * @throws UnavailableError when the client speaks otherwise or leaves in the middle; what a sink throws, after the client was told that it failed
 */
export async function serveNbd(socket: Duplex & Partial<DirectStream>, exports: ReadonlyMap<string, NbdExport>, waits: StreamWaits): Promise<void> {
  const intake = new ByteIntake(socket, waits)
  const take = async (count: number): Promise<Buffer> => {
    const bytes = await intake.take(count)
    if (bytes.length < count) throw new UnavailableError('the NBD client left in the middle')
    return bytes
  }
  let payload = Buffer.alloc(0)
  const takePayload = async (count: number): Promise<Buffer> => {
    if (payload.length < count) payload = Buffer.allocUnsafeSlow(count)
    const bytes = payload.subarray(0, count)
    if (await intake.fill(bytes) < count) throw new UnavailableError('the NBD client left in the middle')
    return bytes
  }
  const give = (bytes: Buffer): Promise<void> => writeBytes(socket, bytes, waits)
  const target = await negotiate(take, give, exports)
  if (target === undefined) return
  for (;;) {
    const head = await intake.take(28)
    if (head.length === 0) return
    if (head.length < 28 || head.readUInt32BE(0) !== requestMagic) throw new UnavailableError('the NBD client does not speak the NBD protocol')
    const [type, handle, offset, lengthBytes] = [head.readUInt16BE(6), head.subarray(8, 16), Number(head.readBigUInt64BE(16)), head.readUInt32BE(24)]
    if (type === command.disconnect) return
    const reply = (error: number): Promise<void> => give(replyBytes(handle, error))
    if (type === command.write && lengthBytes > maxRequestBytes) throw new UnavailableError(`the NBD client writes ${lengthBytes} bytes at once`)
    const bytes = type === command.write ? await takePayload(lengthBytes) : undefined
    if (type === command.flush) { await reply(errno.none); continue }
    const isInside = Number.isSafeInteger(offset) && offset + lengthBytes <= target.sizeBytes
    if ('read' in target) {
      if (type !== command.read || !isInside || lengthBytes > maxRequestBytes) { await reply(errno.invalid); continue }
      const found = await target.read(offset, lengthBytes).catch(() => undefined)
      await reply(found === undefined ? errno.io : errno.none)
      if (found !== undefined) await give(found)
      continue
    }
    if ((bytes === undefined && type !== command.writeZeros) || !isInside) { await reply(errno.invalid); continue }
    try {
      if (bytes !== undefined) await target.write(offset, bytes)
      else await target.writeZeros(offset, lengthBytes)
    } catch (error) {
      await reply(errno.io).catch(() => undefined)
      throw error
    }
    await reply(errno.none)
  }
}

/** @returns the export that the client chose; undefined when it left */
async function negotiate(take: (count: number) => Promise<Buffer>, give: (bytes: Buffer) => Promise<void>, exports: ReadonlyMap<string, NbdExport>): Promise<NbdExport | undefined> {
  const hello = Buffer.alloc(18)
  hello.writeBigUInt64BE(initMagic, 0)
  hello.writeBigUInt64BE(optionMagic, 8)
  hello.writeUInt16BE(handshakeFlags, 16)
  await give(hello)
  const hasNoZeroes = ((await take(4)).readUInt32BE(0) & noZeroesFlag) !== 0
  for (let count = 0; count < maxOptions; count++) {
    const head = await take(16)
    const [code, lengthBytes] = [head.readUInt32BE(8), head.readUInt32BE(12)]
    if (head.readBigUInt64BE(0) !== optionMagic || lengthBytes > maxOptionBytes) throw new UnavailableError('the NBD client does not speak the NBD protocol')
    const data = await take(lengthBytes)
    if (code === option.abort) { await give(optionReplyBytes(code, optionReply.ack)); return undefined }
    if (code === option.exportName) {
      const target = exports.get(data.toString('utf8'))
      if (target === undefined) return undefined
      const answer = Buffer.alloc(hasNoZeroes ? 10 : 134)
      answer.writeBigUInt64BE(BigInt(target.sizeBytes), 0)
      answer.writeUInt16BE(flagsOf(target), 8)
      await give(answer)
      return target
    }
    if (code !== option.go && code !== option.info) { await give(optionReplyBytes(code, optionReply.unsupported)); continue }
    const nameBytes = data.length < 6 ? 0 : data.readUInt32BE(0)
    const target = exports.get(data.subarray(4, 4 + nameBytes).toString('utf8'))
    if (target === undefined) { await give(optionReplyBytes(code, optionReply.unknown)); continue }
    await give(optionReplyBytes(code, optionReply.info, exportInfo(target)))
    await give(optionReplyBytes(code, optionReply.info, blockSizes()))
    await give(optionReplyBytes(code, optionReply.ack))
    if (code === option.go) return target
  }
  throw new AppError('unavailable', 'the NBD client asks without end')
}

function flagsOf(target: NbdExport): number {
  return 'read' in target ? sourceFlags : sinkFlags
}

function exportInfo(target: NbdExport): Buffer {
  const info = Buffer.alloc(12)
  info.writeUInt16BE(infoExport, 0)
  info.writeBigUInt64BE(BigInt(target.sizeBytes), 2)
  info.writeUInt16BE(flagsOf(target), 10)
  return info
}

function blockSizes(): Buffer {
  const info = Buffer.alloc(14)
  info.writeUInt16BE(infoBlockSize, 0)
  info.writeUInt32BE(1, 2)
  info.writeUInt32BE(preferredBytes, 6)
  info.writeUInt32BE(maxRequestBytes, 10)
  return info
}

function optionReplyBytes(code: number, type: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(20)
  head.writeBigUInt64BE(optionReplyMagic, 0)
  head.writeUInt32BE(code, 8)
  head.writeUInt32BE(type, 12)
  head.writeUInt32BE(data.length, 16)
  return Buffer.concat([head, data])
}

function replyBytes(handle: Buffer, error: number): Buffer {
  const reply = Buffer.alloc(16)
  reply.writeUInt32BE(replyMagic, 0)
  reply.writeUInt32BE(error, 4)
  handle.copy(reply, 8)
  return reply
}
