// The byte streams of a connection to a host, over a real SSH server: any bytes, in both directions at once, unchanged and in constant memory;
// and what becomes of them when a side gives up or the server dies. Imports and exports move images by them.
import {createHash, randomBytes} from 'node:crypto'
import {once} from 'node:events'
import type {Duplex} from 'node:stream'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {connectSsh} from '../../../src/lib/host/ssh/index.ts'
import {agentCommand} from '../../../src/lib/host/ssh/agent-command.ts'
import {openPeer} from '../../../src/lib/host/protocol/index.ts'
import type {Peer} from '../../../src/lib/host/protocol/index.ts'
import {builtProgram} from '../../support/built.ts'
import {openSshLab} from '../../support/ssh-lab.ts'
import type {SshLab} from '../../support/ssh-lab.ts'

const mebibyte = 1024 ** 2
const total = 64 * mebibyte
const pause = (ms: number) => new Promise<void>((done) => { setTimeout(done, ms) })
let lab: SshLab
beforeAll(async () => {
  lab = await openSshLab({hosts: ['h1']})
  await lab.host('h1').installAgent([process.execPath, await builtProgram('test/support/stream-agent.ts')])
}, 60_000)
afterAll(async () => { await lab.close() }, 60_000)

async function connected(): Promise<{peer: Peer; close: () => void}> {
  const connection = await connectSsh({host: 'h1'}, lab.options())
  const channel = await connection.exec(agentCommand('stdio', {needsSudo: false, path: lab.host('h1').agentPath}))
  channel.stderr.resume()
  const peer = openPeer(channel.stream, {role: 'client', name: 'host h1'})
  return {peer, close: () => { peer.close(); connection.close() }}
}

/** Writes that many random bytes; gives their hash. */
async function pour(stream: Duplex, sizeBytes: number, chunkBytes: () => number = () => 200_000): Promise<string> {
  const hash = createHash('sha256')
  for (let left = sizeBytes; left > 0;) {
    const chunk = randomBytes(Math.min(left, chunkBytes()))
    hash.update(chunk)
    left -= chunk.length
    if (!stream.write(chunk)) await once(stream, 'drain')
  }
  stream.end()
  return hash.digest('hex')
}

async function drain(stream: Duplex): Promise<{sha256: string; sizeBytes: number}> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const chunk of stream.iterator({destroyOnReturn: false}) as AsyncIterable<Buffer>) { hash.update(chunk); sizeBytes += chunk.length }
  return {sha256: hash.digest('hex'), sizeBytes}
}

describe('byte streams over a real SSH server', () => {
  it('carry 64 MiB of random bytes there and back at once, unchanged, in constant memory on both sides', {timeout: 240_000}, async () => {
    const {peer, close} = await connected()
    const {id, stream} = peer.openStream()
    const answer = peer.call('echo', {stream: id})
    const [written, read] = [createHash('sha256'), createHash('sha256')]
    let [sent, got, ahead] = [0, 0, 0]
    const writing = async () => {
      while (sent < total) {
        const chunk = randomBytes(Math.min(total - sent, 200_000))
        written.update(chunk)
        sent += chunk.length
        ahead = Math.max(ahead, sent - got)
        if (!stream.write(chunk)) await once(stream, 'drain')
      }
      stream.end()
    }
    const reading = async () => {
      // Nobody reads at first, nor quickly now and then: what is written meanwhile has to wait where it is.
      await pause(500)
      let chunks = 0
      for await (const chunk of stream.iterator({destroyOnReturn: false}) as AsyncIterable<Buffer>) {
        read.update(chunk)
        got += chunk.length
        if (++chunks % 200 === 0) await pause(20)
      }
    }
    await Promise.all([writing(), reading()])
    expect([got, read.digest('hex')]).toEqual([total, written.digest('hex')])
    await answer
    const there = await peer.call('memory', {}) as number
    console.log(`64 MiB both ways: at most ${(ahead / mebibyte).toFixed(1)} MiB were on their way, and the program there had ${there.toFixed(0)} MiB altogether`)
    expect(ahead).toBeLessThan(8 * mebibyte)
    expect(there).toBeLessThan(160)
    close()
  })

  it('carry several streams and calls side by side, in pieces of any size', {timeout: 120_000}, async () => {
    const {peer, close} = await connected()
    const sizes = [1, 65_535, 65_536, 65_537, 3 * mebibyte + 1, 0]
    await Promise.all(sizes.map(async (sizeBytes, index) => {
      const {id, stream} = peer.openStream()
      const answer = peer.call('take', {stream: id})
      const sent = await pour(stream, sizeBytes, () => 1 + (index * 7919 + sizeBytes) % 100_000)
      stream.resume()
      expect(await answer).toEqual({sha256: sent, sizeBytes})
    }))
    expect(await peer.call('memory', {})).toBeLessThan(160)
    close()
  })

  it('are given up by whoever does not want more, and the connection goes on', {timeout: 60_000}, async () => {
    const {peer, close} = await connected()
    const {id, stream} = peer.openStream()
    stream.on('error', () => undefined)
    const answer = peer.call('take', {stream: id}).catch((error: unknown) => error)
    stream.write(randomBytes(mebibyte))
    stream.destroy()
    expect(await answer).toMatchObject({kind: expect.stringMatching(/unavailable|internal|tool/) as string})
    expect(await peer.call('memory', {})).toBeGreaterThan(0)
    close()
  })

  it('end with an error on our side when the server dies in the middle', {timeout: 60_000}, async () => {
    const {peer, close} = await connected()
    const {id, stream} = peer.openStream()
    const answer = peer.call('echo', {stream: id}).catch((error: unknown) => error)
    const reading = drain(stream).catch((error: unknown) => error)
    stream.write(randomBytes(4 * mebibyte))
    await pause(300)
    await lab.host('h1').kill()
    expect(await answer).toMatchObject({kind: 'unavailable'})
    expect(await reading).toBeInstanceOf(Error)
    expect(stream.destroyed).toBe(true)
    await lab.host('h1').start()
    close()
  })
})
