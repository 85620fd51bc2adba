// The part of the NBD protocol that filling and reading a disk needs, spoken to qemu-nbd (NetworkBlockDevice/nbd, doc/proto.md): the fixed
// newstyle handshake with NBD_OPT_GO, simple replies, one request at a time. Every length that the server sends is bounded.
import type {Duplex} from 'node:stream'
import {UnavailableError} from '../../base/index.ts'
import type {StreamWaits} from './stream-bytes.ts'
import {readBytes, writeBytes} from './stream-bytes.ts'

/** What servers take in one request unless they say otherwise (doc/proto.md, "Block size constraints"). */
export const maxRequestBytes = 2 * 1024 ** 2

export interface NbdDisk {
  readonly sizeBytes: number
  read(offset: number, lengthBytes: number): Promise<Buffer>
  write(offset: number, bytes: Buffer): Promise<void>
  /** Makes the range read as zeros, with no space taken where that is possible. */
  writeZeros(offset: number, lengthBytes: number): Promise<void>
  /** What was written is on disk when it resolves. */
  flush(): Promise<void>
  close(): void
}

const initMagic = 0x4e42444d41474943n
const optionMagic = 0x49484156454f5054n
const optionReplyMagic = 0x0003e889045565a9n
const requestMagic = 0x25609513
const replyMagic = 0x67446698
const clientFlags = 0b11
const optionGo = 7
const replyAck = 1
const replyInfo = 3
const infoExport = 0
const maxReplyBytes = 64 * 1024
const command = {read: 0, write: 1, disconnect: 2, flush: 3, writeZeros: 6} as const
/** linux errno: ENOSPC, which the protocol took over. */
const noSpace = 28

/** @throws UnavailableError when the other side speaks otherwise */
export async function openNbd(socket: Duplex, waits: StreamWaits): Promise<NbdDisk> {
  const take = async (count: number): Promise<Buffer> => {
    const bytes = await readBytes(socket, count, waits)
    if (bytes.length < count) throw new UnavailableError('qemu-nbd ended in the middle of its answer')
    return bytes
  }
  const sizeBytes = await shakeHands(socket, take, waits)
  let handle = 0n
  const request = async (type: number, offset: number, lengthBytes: number, data?: Buffer, replyBytes = 0): Promise<Buffer> => {
    handle++
    const head = Buffer.alloc(28)
    head.writeUInt32BE(requestMagic, 0)
    head.writeUInt16BE(type, 6)
    head.writeBigUInt64BE(handle, 8)
    head.writeBigUInt64BE(BigInt(offset), 16)
    head.writeUInt32BE(lengthBytes, 24)
    await writeBytes(socket, head, waits)
    if (data !== undefined) await writeBytes(socket, data, waits)
    const reply = await take(16)
    if (reply.readUInt32BE(0) !== replyMagic || reply.readBigUInt64BE(8) !== handle) throw new UnavailableError('qemu-nbd answered something else than what it was asked')
    const error = reply.readUInt32BE(4)
    if (error !== 0) throw new UnavailableError(error === noSpace ? 'there is no space left on the storage' : `the disk reports an error (${error})`, {data: {errno: error}})
    return take(replyBytes)
  }
  return {
    sizeBytes,
    read: (offset, lengthBytes) => request(command.read, offset, lengthBytes, undefined, lengthBytes),
    write: async (offset, bytes) => { await request(command.write, offset, bytes.length, bytes) },
    writeZeros: async (offset, lengthBytes) => { await request(command.writeZeros, offset, lengthBytes) },
    flush: async () => { await request(command.flush, 0, 0) },
    close: () => {
      const head = Buffer.alloc(28)
      head.writeUInt32BE(requestMagic, 0)
      head.writeUInt16BE(command.disconnect, 6)
      socket.end(head)
    },
  }
}

/** @returns the size of the disk */
async function shakeHands(socket: Duplex, take: (count: number) => Promise<Buffer>, waits: StreamWaits): Promise<number> {
  const hello = await take(18)
  if (hello.readBigUInt64BE(0) !== initMagic || hello.readBigUInt64BE(8) !== optionMagic) throw new UnavailableError('qemu-nbd does not speak the NBD protocol')
  const go = Buffer.alloc(26)
  go.writeUInt32BE(clientFlags, 0)
  go.writeBigUInt64BE(optionMagic, 4)
  go.writeUInt32BE(optionGo, 12)
  // The name of the export, empty, and no wishes for more information.
  go.writeUInt32BE(6, 16)
  await writeBytes(socket, go, waits)
  let sizeBytes: number | undefined
  for (;;) {
    const head = await take(20)
    const length = head.readUInt32BE(16)
    if (head.readBigUInt64BE(0) !== optionReplyMagic || length > maxReplyBytes) throw new UnavailableError('qemu-nbd does not speak the NBD protocol')
    const type = head.readUInt32BE(12)
    const data = await take(length)
    if (type === replyInfo && length >= 12 && data.readUInt16BE(0) === infoExport) sizeBytes = Number(data.readBigUInt64BE(2))
    else if (type === replyAck && sizeBytes !== undefined && Number.isSafeInteger(sizeBytes)) return sizeBytes
    else if (type !== replyInfo) throw new UnavailableError('qemu-nbd does not hand out the disk')
  }
}
