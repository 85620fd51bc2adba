// A SPICE viewer as far as the door: the link handshake of the SPICE protocol (spice-protocol's protocol.h) on the main channel, with the
// ticket as viewers send it, encrypted with the key that the server makes for the connection.
import {constants, createPublicKey, publicEncrypt} from 'node:crypto'
import {connect} from 'node:net'

const headerBytes = 16
const fixedReplyBytes = 4 + 162 + 4 + 4 + 4
/** Bits of the common capabilities: the server lets the viewer choose how it authenticates, and knows SPICE's own way. */
const authSelection = 1 << 0
const authSpice = 1 << 1

/** What the server says to a ticket: 0 for a viewer that is in, 7 for one that is not. Its other numbers mean failures of the link. */
export async function spiceLinkResult(socketPath: string, ticket: string): Promise<number> {
  const socket = connect(socketPath)
  let received = Buffer.alloc(0)
  let wake: (() => void) | undefined
  let failure: Error | undefined
  socket.on('data', (chunk: Buffer) => { received = Buffer.concat([received, chunk]); wake?.() })
  socket.on('error', (error) => { failure = error; wake?.() })
  socket.on('end', () => { failure ??= new Error(`the SPICE server closed after ${received.length} bytes`); wake?.() })
  const take = async (length: number) => {
    while (received.length < length) {
      if (failure !== undefined) throw failure
      await new Promise<void>((resolve) => { wake = resolve })
    }
    const bytes = received.subarray(0, length)
    received = received.subarray(length)
    return bytes
  }
  try {
    socket.write(linkMessage())
    const header = await take(headerBytes)
    if (header.toString('latin1', 0, 4) !== 'REDQ') throw new Error('this is no SPICE server')
    const reply = await take(header.readUInt32LE(12))
    const error = reply.readUInt32LE(0)
    if (error !== 0) return error
    if (reply.length < fixedReplyBytes) throw new Error('the SPICE server gave no key')
    const key = createPublicKey({key: reply.subarray(4, 4 + 162), format: 'der', type: 'spki'})
    const mechanism = Buffer.alloc(4)
    mechanism.writeUInt32LE(1)
    const secret = publicEncrypt({key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1'}, Buffer.from(`${ticket}\0`))
    socket.write(Buffer.concat([mechanism, secret]))
    return (await take(4)).readUInt32LE(0)
  } finally {
    socket.destroy()
  }
}

function linkMessage(): Buffer {
  const message = Buffer.alloc(18 + 4)
  message.writeUInt8(1, 4)
  message.writeUInt32LE(1, 6)
  message.writeUInt32LE(18, 14)
  message.writeUInt32LE(authSelection | authSpice, 18)
  const header = Buffer.alloc(headerBytes)
  header.write('REDQ', 'latin1')
  header.writeUInt32LE(2, 4)
  header.writeUInt32LE(2, 8)
  header.writeUInt32LE(message.length, 12)
  return Buffer.concat([header, message])
}
