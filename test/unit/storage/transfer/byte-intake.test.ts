// Bytes of a stream into the memory of whoever reads them: from streams of every kind, and from connections that read straight into it.
import {mkdtempSync, rmSync} from 'node:fs'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Duplex} from 'node:stream'
import {PassThrough} from 'node:stream'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {systemClock} from '../../../../src/lib/base/index.ts'
import type {DirectStream} from '../../../../src/lib/host/index.ts'
import {localHost} from '../../../../src/lib/host/local/index.ts'
import {ByteIntake} from '../../../../src/lib/storage/transfer/byte-intake.ts'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'corral-intake-')) })
afterEach(() => rmSync(folder, {recursive: true, force: true}))

const sent = Buffer.from(Array.from({length: 3_000_000}, (_, index) => index * 7 % 251))
const waits = (signal = new AbortController().signal) => ({clock: systemClock, signal})

/** What a program writes that connects to us, as the host hands it out. */
async function accepted<R>(send: (socket: ReturnType<typeof connect>) => void, work: (stream: Duplex & Partial<DirectStream>) => Promise<R>): Promise<R> {
  const path = join(folder, 's')
  let server: {close(): Promise<void>} | undefined
  const stream = await new Promise<Duplex & Partial<DirectStream>>((resolve, reject) => {
    localHost('h1').listen(path, resolve).then((listener) => {
      server = listener
      const socket = connect(path)
      socket.on('error', () => undefined)
      send(socket)
    }, reject)
  })
  stream.on('error', () => undefined)
  try {
    return await work(stream)
  } finally {
    stream.destroy()
    await server?.close()
  }
}

/** Pieces of all lengths, large and small, until there are no more. */
async function gather(intake: ByteIntake): Promise<Buffer> {
  const parts: Buffer[] = []
  for (const count of [28, 1_048_576, 0, 1, 300_000, 28, 65_536, 2_000_000]) parts.push(await intake.take(count))
  return Buffer.concat(parts)
}

describe('an intake', () => {
  it('fills what it is given from a stream, in order, and less only at the end', async () => {
    const from = new PassThrough()
    const intake = new ByteIntake(from, waits())
    const gathered = gather(intake)
    for (let at = 0; at < sent.length; at += 99_991) {
      if (!from.write(sent.subarray(at, at + 99_991))) await new Promise((resolve) => { from.once('drain', resolve) })
    }
    from.end()
    expect((await gathered).equals(sent)).toBe(true)
    expect(await intake.take(1)).toHaveLength(0)
  })

  it('fills it from a connection without a buffer for each part', async () => {
    await accepted((socket) => { socket.end(sent) }, async (stream) => {
      expect(stream.readInto).toBeDefined()
      let events = 0
      stream.prependListener('end', () => { events++ })
      const intake = new ByteIntake(stream, waits())
      const gathered = await gather(intake)
      expect([gathered.equals(sent), stream.listenerCount('data')]).toEqual([true, 0])
      expect((await intake.take(1)).length + events).toBe(1)
    })
  })

  it('waits without reading on, and answers in between', async () => {
    const heard: Buffer[] = []
    await accepted((socket) => {
      socket.on('data', (chunk) => heard.push(chunk))
      socket.write(sent)
    }, async (stream) => {
      const intake = new ByteIntake(stream, waits())
      expect((await intake.take(10)).equals(sent.subarray(0, 10))).toBe(true)
      await new Promise((resolve) => { setTimeout(resolve, 50) })
      stream.write('taken')
      expect((await intake.take(2_999_990)).equals(sent.subarray(10))).toBe(true)
      await expect.poll(() => Buffer.concat(heard).toString()).toBe('taken')
    })
  })

  it('says that the stream broke, or that it was cancelled', async () => {
    const from = new PassThrough()
    const broken = new ByteIntake(from, waits()).take(10)
    from.destroy(new Error('gone'))
    await expect(broken).rejects.toMatchObject({kind: 'unavailable'})
    const cancel = new AbortController()
    const cancelled = new ByteIntake(new PassThrough(), waits(cancel.signal)).take(10)
    cancel.abort()
    await expect(cancelled).rejects.toMatchObject({kind: 'cancelled'})
    await accepted((socket) => { socket.write('half', () => { socket.destroy() }) }, async (stream) => {
      expect((await new ByteIntake(stream, waits()).take(10)).toString()).toBe('half')
    })
  })
})
