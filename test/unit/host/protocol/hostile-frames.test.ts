// What an attacker may send: every kind of broken frame ends the connection with an error that says so, and no random bytes do more.
import {describe, expect, it} from 'vitest'
import {AppError} from '../../../../src/lib/base/index.ts'
import {FrameReader, encodeFrame, frameTypes, greeting, maxPayloadBytes} from '../../../../src/lib/host/protocol/frames.ts'
import type {FrameType} from '../../../../src/lib/host/protocol/frames.ts'
import {openPeer} from '../../../../src/lib/host/protocol/index.ts'
import {duplexPair} from '../../../support/duplex-pair.ts'
import {randomSource, scaledCount} from '../../../support/rounds.ts'

/** A victim that has one call open (number 1) and answers `echo`; it reads these bytes. */
async function victim(bytes: Buffer, role: 'client' | 'agent') {
  const [a, b] = duplexPair()
  const peer = openPeer(b, {role, name: 'the other side'})
  peer.handle({echo: async (params) => params})
  const call = peer.call('wait', {}, {timeoutMs: 2_000}).then(() => undefined, (error: unknown) => error as AppError)
  const said: Buffer[] = []
  a.on('data', (chunk: Buffer) => said.push(chunk))
  a.write(bytes)
  return {peer, call, said: () => Buffer.concat(said).toString('latin1'), end: () => a.destroy()}
}

const framed = (type: FrameType, id: number, payload: string | Buffer = '') => Buffer.concat([greeting, encodeFrame(type, id, Buffer.from(payload))])
const header = (length: number, type: number, id: number) => {
  const bytes = Buffer.alloc(9)
  bytes.writeUInt32BE(length, 0)
  bytes.writeUInt8(type, 4)
  bytes.writeUInt32BE(id, 5)
  return Buffer.concat([greeting, bytes])
}

describe('a broken frame ends the connection', () => {
  const request = (id: number) => encodeFrame('request', id, Buffer.from('{"method":"echo","params":{}}'))
  const cases: Record<string, readonly [Buffer, RegExp]> = {
    'of an unknown type': [header(0, 13, 0), /no frame of type 13/],
    'of type 0': [header(0, 0, 0), /no frame of type 0/],
    'longer than allowed, before its bytes come': [header(maxPayloadBytes + 1, 1, 1), /announced a frame of 1048577 bytes/],
    'of 4 GiB': [header(0xffffffff, 6, 1), /announced a frame/],
    'with no JSON': [framed('request', 1, '{"method":'), /no JSON/],
    'with no valid UTF-8': [framed('request', 1, Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])), /no JSON/],
    'with JSON that is no object': [framed('request', 1, '[1]'), /no object/],
    'nested without end': [framed('request', 1, `{"method":"echo","params":${'['.repeat(500_000)}`), /nested too deep/],
    'with a method that is no text': [framed('request', 1, '{"method":7}'), /names no method/],
    'that makes a call twice': [Buffer.concat([greeting, request(3), request(3)]), /call 3 was made already/],
    'that goes back in numbers': [Buffer.concat([greeting, request(3), request(2)]), /call 2 was made already/],
    'that answers what was not asked': [framed('response', 9, '{"result":1}'), /call 9, which was not made/],
    'that answers twice': [Buffer.concat([greeting, encodeFrame('response', 1, Buffer.from('{"result":1}')), encodeFrame('response', 1, Buffer.from('{"result":1}'))]), /call 1, which was not made or is answered/],
    'with an answer of nothing': [framed('response', 1, '{}'), /neither a result nor an error/],
    'with empty parts': [framed('response-part', 1), /part of an answer is empty/],
    'with an event for nobody': [framed('event', 9, '{}'), /call 9/],
    'that cancels what is not': [framed('cancel', 5), /no call 5/],
    'with data on no stream': [framed('stream-data', 2, 'x'), /no stream 2/],
    'with an end of no stream': [framed('stream-end', 2), /no stream 2/],
    'with a reset of no stream': [framed('stream-reset', 7), /no stream 7/],
    'with credit of three bytes': [framed('stream-credit', 1, 'abc'), /four bytes/],
  }
  for (const [name, [bytes, reason]] of Object.entries(cases)) {
    it(name, async () => {
      const {peer, call, said, end} = await victim(bytes, 'agent')
      await peer.closed
      expect(peer.reason()).toMatchObject({kind: 'tool', message: 'the connection to the other side was ended', cause: {message: expect.stringMatching(reason) as string}})
      const error = await call
      if (!name.includes('twice') || name.includes('call')) expect(error?.kind).toBe('tool')
      // The attacker is told why.
      await expect.poll(said).toContain('the other side broke the protocol')
      end()
    })
  }

  it('when it opens streams without end', async () => {
    const credit = Buffer.from([0, 1, 0, 0])
    const {peer, end} = await victim(Buffer.concat([greeting, ...Array.from({length: 17}, (_, n) => encodeFrame('stream-credit', 2 * n + 1, credit))]), 'agent')
    await peer.closed
    expect(peer.reason()?.cause).toMatchObject({message: /more than 16 streams/})
    end()
  })

  it('when it sends more on a stream than it may', async () => {
    const [a, b] = duplexPair()
    const peer = openPeer(b, {role: 'agent', name: 'the other side'})
    a.resume()
    const {id, stream} = peer.openStream()
    stream.on('error', () => undefined)
    a.write(greeting)
    for (let n = 0; n < 5; n++) a.write(encodeFrame('stream-data', id, Buffer.alloc(64 * 1024)))
    await peer.closed
    expect(peer.reason()?.cause).toMatchObject({message: /more on a stream than it was given credit for/})
    a.destroy()
  })
})

describe('what is no Corral', () => {
  it('is refused with what it said, made safe for a terminal', async () => {
    const {peer, end} = await victim(Buffer.from('Last login: \u001b[31mnever\n'), 'client')
    await peer.closed
    expect(peer.reason()?.cause).toMatchObject({message: "what answered is not Corral: it began with 'Last login: \\x1B[31mnever'"})
    end()
  })

  it('is refused as another version, before and after a newline', async () => {
    const {peer, end} = await victim(Buffer.from('corral/2\n'), 'client')
    await peer.closed
    expect(peer.reason()).toMatchObject({kind: 'unsupported', message: /version 2 of the protocol, and this is version 1/, data: {protocol: 2}})
    end()
    const endless = await victim(Buffer.from('corral/11111111111111111111111111111111111111111111111111111111111111111'), 'client')
    await endless.peer.closed
    expect(endless.peer.reason()?.cause).toMatchObject({message: /not Corral/})
    endless.end()
  })
})

describe('random bytes', () => {
  it('never make the reader throw anything but an AppError, however they are cut', () => {
    const random = randomSource('frame fuzz')
    for (let round = 0; round < scaledCount(2_000); round++) {
      const reader = new FrameReader()
      const valid = Buffer.concat([greeting, ...Array.from({length: 5}, () => encodeFrame(frameTypes[random.between(0, 11)] ?? 'ping', random.between(0, 99), Buffer.alloc(random.between(0, 300), 0x20)))])
      const bytes = Buffer.from(valid)
      for (let change = random.between(0, 4); change > 0; change--) bytes[random.between(0, bytes.length - 1)] = random.between(0, 255)
      let frames = 0
      try {
        for (let at = 0; at < bytes.length;) {
          const count = random.between(1, 40)
          for (const frame of reader.push(bytes.subarray(at, at + count))) { frames++; expect(frame.payload.length).toBeLessThanOrEqual(maxPayloadBytes) }
          at += count
        }
        if (bytes.equals(valid)) expect(frames).toBe(5)
      } catch (error) {
        expect(error).toBeInstanceOf(AppError)
        expect(bytes.equals(valid)).toBe(false)
      }
    }
  })

  it('leave a peer either open or closed with a reason', async () => {
    const random = randomSource('peer fuzz')
    const payloads = ['', '{}', '{"method":"echo","params":{"a":[1]}}', '{"result":{}}', '{"error":{"kind":"x","message":"\u001b]0;x\u0007"}}', '{"event":1}', 'abcd', '\u0000\u0000\u0001\u0000']
    for (let round = 0; round < scaledCount(150); round++) {
      const frames = Array.from({length: random.between(1, 12)}, () => encodeFrame(frameTypes[random.between(0, 11)] ?? 'ping', random.between(0, 4), Buffer.from(payloads[random.between(0, payloads.length - 1)] ?? '')))
      const {peer, call, end} = await victim(Buffer.concat([greeting, ...frames]), random.between(0, 1) === 0 ? 'client' : 'agent')
      for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => { setImmediate(resolve) })
      end()
      await peer.closed
      expect(peer.reason()).toBeInstanceOf(AppError)
      const error = await call
      expect(error === undefined || error instanceof AppError).toBe(true)
    }
  })
})
