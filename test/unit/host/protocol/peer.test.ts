import {once} from 'node:events'
import type {Duplex} from 'node:stream'
import {describe, expect, it} from 'vitest'
import {AppError, ConflictError, InvalidInputError, systemClock} from '../../../../src/lib/base/index.ts'
import type {Clock} from '../../../../src/lib/base/index.ts'
import {encodeFrame, greeting} from '../../../../src/lib/host/protocol/frames.ts'
import {openPeer} from '../../../../src/lib/host/protocol/index.ts'
import type {IncomingCall, Method, Peer} from '../../../../src/lib/host/protocol/index.ts'
import {duplexPair} from '../../../support/duplex-pair.ts'
import {fakeClock} from '../../../support/fake-clock.ts'

interface Pair { readonly client: Peer; readonly agent: Peer; readonly transport: Duplex }

function peers(methods: Record<string, Method>, options: {clock?: Clock; maxResultBytes?: number} = {}): Pair {
  const [a, b] = duplexPair()
  const client = openPeer(a, {role: 'client', name: 'host h1', clock: systemClock, ...options})
  const agent = openPeer(b, {role: 'agent', name: 'the client', clock: systemClock, ...options})
  agent.handle(methods)
  return {client, agent, transport: a}
}

describe('calls', () => {
  it('come back with their results, many at once, and are refused when unknown', async () => {
    const {client} = peers({double: async (params) => (params as {n: number}).n * 2, nothing: async () => undefined})
    expect(await Promise.all(Array.from({length: 60}, (_, n) => client.call('double', {n})))).toEqual(Array.from({length: 60}, (_, n) => n * 2))
    expect(await client.call('nothing', {})).toBeNull()
    for (const name of ['missing', 'toString', '__proto__', 'constructor']) await expect(client.call(name, {})).rejects.toMatchObject({kind: 'unsupported'})
    client.close()
  })

  it('carry results larger than a frame, up to the bound', async () => {
    const text = 'ä'.repeat(2_000_000)
    const {client} = peers({large: async () => text, tooLarge: async () => 'x'.repeat(9_000_000)}, {maxResultBytes: 8_000_000})
    expect(await client.call('large', {}) === text).toBe(true)
    await expect(client.call('tooLarge', {})).rejects.toMatchObject({kind: 'unsupported', message: /too long/})
    await expect(client.call('large', {text: 'x'.repeat(2 ** 20)})).rejects.toMatchObject({kind: 'unsupported'})
    expect(await client.call('large', {}) === text).toBe(true)
    client.close()
  })

  it('fail with the error of the other side: its class, causes, next steps, facts and fields', async () => {
    const {client} = peers({
      conflict: async () => { throw new ConflictError('it is locked', {cause: new Error('by a backup'), nextSteps: ['wait'], data: {vmid: 100}}) },
      invalid: async () => { throw new InvalidInputError('memory: too small', {memory: 'too small'}) },
      bug: async () => { throw new TypeError('x is undefined') },
    })
    const conflict = await client.call('conflict', {}).catch((error: unknown) => error)
    expect(conflict).toBeInstanceOf(ConflictError)
    expect(conflict).toMatchObject({message: 'it is locked', cause: {message: 'by a backup'}, nextSteps: ['wait'], data: {vmid: 100}})
    const invalid = await client.call('invalid', {}).catch((error: unknown) => error)
    expect(invalid).toBeInstanceOf(InvalidInputError)
    expect(invalid).toMatchObject({fields: {memory: 'too small'}})
    await expect(client.call('bug', {})).rejects.toMatchObject({kind: 'internal', message: 'x is undefined'})
    client.close()
  })

  it('give events in their order before the result', async () => {
    const {client} = peers({count: async (_params, {emit}) => { for (let n = 0; n < 1000; n++) await emit({n}); return 'end' }})
    const seen: unknown[] = []
    expect(await client.call('count', {}, {onEvent: (event) => seen.push(event)})).toBe('end')
    expect(seen).toEqual(Array.from({length: 1000}, (_, n) => ({n})))
    client.close()
  })

  it('are cancelled: at once, or after the other side has answered', async () => {
    const reasons: unknown[] = []
    const untilCancelled: Method = (_params, {signal}) => new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => { reasons.push(signal.reason); reject(new AppError('conflict', 'was undone')) })
    })
    const {client} = peers({wait: untilCancelled, deaf: async () => { await new Promise((resolve) => { setTimeout(resolve, 50) }); return 1 }})
    const [now, graceful] = [new AbortController(), new AbortController()]
    const first = client.call('wait', {}, {signal: now.signal})
    const second = client.call('wait', {}, {signal: graceful.signal, cancelGraceMs: 5000})
    now.abort()
    graceful.abort()
    await expect(first).rejects.toMatchObject({kind: 'cancelled'})
    await expect(second).rejects.toMatchObject({kind: 'conflict', message: 'was undone'})
    await expect(client.call('deaf', {}, {timeoutMs: 10})).rejects.toMatchObject({kind: 'unavailable', message: /did not answer/})
    // The late answer of what nobody waits for is dropped.
    expect(await client.call('deaf', {})).toBe(1)
    await expect.poll(() => reasons.length).toBe(2)
    expect(reasons).toMatchObject([{kind: 'cancelled'}, {kind: 'cancelled'}])
    client.close()
  })

  it('fail when the connection is lost, and the other side learns that the caller is gone', async () => {
    let gone: unknown
    const {client, agent, transport} = peers({wait: (_params, {signal}) => new Promise(() => { signal.addEventListener('abort', () => { gone = signal.reason }) })})
    const call = client.call('wait', {})
    await expect.poll(() => agent.openCalls).toBe(1)
    transport.destroy()
    await expect(call).rejects.toMatchObject({kind: 'unavailable', message: /host h1 was lost/})
    await agent.closed
    expect(gone).toMatchObject({kind: 'unavailable'})
    await expect(client.call('wait', {})).rejects.toMatchObject({kind: 'unavailable'})
  })
})

describe('heartbeats', () => {
  it('end a connection that is silent for thirty seconds, and keep one alive that answers', async () => {
    const clock = fakeClock()
    const both = peers({}, {clock})
    await clock.advance(120_000)
    expect(both.client.reason()).toBeUndefined()
    both.client.close()

    const [a, b] = duplexPair()
    b.resume()
    b.write(greeting)
    const lonely = openPeer(a, {role: 'client', name: 'host h1', clock})
    await clock.advance(29_000)
    expect(lonely.reason()).toBeUndefined()
    await clock.advance(11_000)
    await lonely.closed
    expect(lonely.reason()).toMatchObject({kind: 'unavailable', message: 'host h1 has given no sign of life for 30 s'})
  })
})

describe('byte streams', () => {
  const openedBy = async (client: Peer, method: string, wanted: (stream: Duplex) => Promise<void>) => {
    let work: Promise<void> | undefined
    const answer = client.call(method, {}, {onEvent: (event) => { work = wanted(client.attachStream((event as {stream: number}).stream)) }})
    return {answer: await answer, work: await work}
  }
  const announced = async ({openStream, emit}: IncomingCall): Promise<Duplex> => {
    const {id, stream} = openStream()
    await emit({stream: id})
    return stream
  }

  it('carry 100 MB to a slow reader in constant memory', async () => {
    const total = 100 * 1024 * 1024
    let ahead = 0
    let mostAhead = 0
    const {client} = peers({
      send: async (_params, call) => {
        const stream = await announced(call)
        const chunk = Buffer.alloc(256 * 1024, 7)
        for (let sent = 0; sent < total; sent += chunk.length) {
          ahead += chunk.length
          mostAhead = Math.max(mostAhead, ahead)
          if (!stream.write(chunk)) await once(stream, 'drain')
        }
        stream.end()
        await once(stream, 'finish')
        return total
      },
    })
    let received = 0
    await openedBy(client, 'send', async (stream) => {
      let chunks = 0
      for await (const chunk of stream) {
        const {length} = chunk as Buffer
        received += length
        ahead -= length
        if (++chunks % 50 === 0) await new Promise((resolve) => { setTimeout(resolve, 1) })
      }
    })
    expect(received).toBe(total)
    expect(mostAhead).toBeLessThan(2 * 1024 * 1024)
    client.close()
  })

  it('go both ways, and one that nobody reads does not hold up the rest', async () => {
    const {client} = peers({
      echo: async (_params, call) => {
        const stream = await announced(call)
        for await (const chunk of stream.iterator({destroyOnReturn: false})) stream.write(chunk)
        stream.end()
        await once(stream, 'finish')
        return 'echoed'
      },
      flood: async (_params, call) => {
        const stream = await announced(call)
        const stopped = new Promise<void>((resolve) => { stream.once('close', resolve) })
        stream.write(Buffer.alloc(8 * 1024 * 1024))
        await stopped
        return 'stopped'
      },
      ping: async () => 'pong',
    })
    let flooded: Duplex | undefined
    const flood = client.call('flood', {}, {onEvent: (event) => { flooded = client.attachStream((event as {stream: number}).stream) }})
    const text: Buffer[] = []
    const {answer} = await openedBy(client, 'echo', async (stream) => {
      stream.end('hello there')
      for await (const chunk of stream.iterator({destroyOnReturn: false})) text.push(chunk as Buffer)
    })
    expect([answer, Buffer.concat(text).toString()]).toEqual(['echoed', 'hello there'])
    expect(await client.call('ping', {})).toBe('pong')
    flooded?.destroy()
    expect(await flood).toBe('stopped')
    client.close()
  })

  it('are opened by the caller as well, and given up when their call is over', async () => {
    const {client} = peers({
      take: async (params, call) => {
        let bytes = 0
        for await (const chunk of call.attachStream((params as {stream: number}).stream)) bytes += (chunk as Buffer).length
        return bytes
      },
      leave: async (_params, call) => { await announced(call); return null },
    })
    const {id, stream} = client.openStream()
    stream.end(Buffer.alloc(3_000_000))
    expect(await client.call('take', {stream: id})).toBe(3_000_000)
    for (let round = 0; round < 40; round++) {
      let ended: Promise<unknown> | undefined
      await client.call('leave', {}, {onEvent: (event) => {
        const left = client.attachStream((event as {stream: number}).stream)
        ended = new Promise((resolve) => { left.once('close', resolve) })
      }})
      await ended
    }
    await expect(client.call('take', {stream: 99})).rejects.toMatchObject({kind: 'not-found'})
    expect(client.reason()).toBeUndefined()
    client.close()
  })
})

describe('a client', () => {
  it('that asks for much and reads nothing is thrown out, with little memory taken', async () => {
    const [a, b] = duplexPair()
    const agent = openPeer(b, {role: 'agent', name: 'the client'})
    agent.handle({large: async () => 'x'.repeat(1_000_000)})
    a.write(greeting)
    for (let id = 1; id <= 64; id++) a.write(encodeFrame('request', id, Buffer.from('{"method":"large"}')))
    await expect.poll(() => agent.openCalls, {timeout: 10_000}).toBe(64)
    expect(b.writableLength).toBeLessThan(9_000_000)
    a.write(encodeFrame('request', 65, Buffer.from('{"method":"large"}')))
    await agent.closed
    expect(agent.reason()).toMatchObject({kind: 'tool', cause: {message: /more than 64 calls/}})
    a.destroy()
  })
})
