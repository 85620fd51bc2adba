// The server that QEMU's jobs push into, with QEMU's own client.
import {execFile} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {connect, createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {systemClock} from '../../../../src/lib/base/index.ts'
import {serveNbd} from '../../../../src/lib/storage/transfer/nbd-server.ts'
import type {NbdSink, NbdSource} from '../../../../src/lib/storage/transfer/nbd-server.ts'

const run = promisify(execFile)
const sizeBytes = 3 * 1024 * 1024 + 512
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'corral-nbd-'))
  const data = Buffer.alloc(sizeBytes)
  for (let at = 0; at < sizeBytes; at += 700_000) data.fill(at % 250 + 1, at, at + 100_000)
  writeFileSync(join(folder, 'a.raw'), data)
})
afterEach(() => rmSync(folder, {recursive: true, force: true}))

/** Serves one client, and gives what became of it and of the server. */
async function serving(sink: NbdSink | NbdSource, work: (socket: string) => Promise<unknown>): Promise<{failure: unknown; result: unknown}> {
  const path = join(folder, 's')
  const stop = new AbortController()
  const server = createServer()
  const served = new Promise<unknown>((resolve) => {
    server.on('connection', (socket) => {
      socket.on('error', () => undefined)
      serveNbd(socket, new Map([['scsi0', sink]]), {clock: systemClock, signal: stop.signal}).then(() => undefined, (error: unknown) => error).then((failure) => { socket.destroy(); resolve(failure) }, resolve)
    })
  })
  await new Promise<void>((resolve) => { server.listen(path, resolve) })
  try {
    const result = await work(path).catch((error: unknown) => error)
    return {result, failure: await served}
  } finally {
    stop.abort()
    server.close()
  }
}

const copy = (socket: string, name = 'scsi0') => run('qemu-img', ['convert', '-n', '-f', 'raw', '-O', 'raw', join(folder, 'a.raw'), `nbd+unix:///${name}?socket=${socket}`])
const taking: NbdSink = {sizeBytes, write: () => Promise.resolve(), writeZeros: () => Promise.resolve()}

describe('the server that takes disks', () => {
  it('is given data and zeros, and answers once they are taken', async () => {
    const taken = Buffer.alloc(sizeBytes, 0xff)
    const {failure, result} = await serving({
      sizeBytes,
      write: (offset, bytes) => { bytes.copy(taken, offset); return Promise.resolve() },
      writeZeros: (offset, lengthBytes) => { taken.fill(0, offset, offset + lengthBytes); return Promise.resolve() },
    }, copy)
    expect([failure, result]).toEqual([undefined, {stdout: '', stderr: ''}])
    writeFileSync(join(folder, 'b.raw'), taken)
    await run('cmp', [join(folder, 'a.raw'), join(folder, 'b.raw')])
  })

  it('tells the client of what could not be taken, and ends', async () => {
    const {failure, result} = await serving({...taking, write: () => Promise.reject(new Error('full'))}, copy)
    expect(failure).toEqual(new Error('full'))
    expect(result).toBeInstanceOf(Error)
  })

  it('has no other disks, and nothing that could be read', async () => {
    expect((await serving(taking, (socket) => copy(socket, 'other'))).result).toBeInstanceOf(Error)
    const read = await serving(taking, (socket) => run('qemu-io', ['-f', 'raw', '-c', 'read 0 4096', `nbd+unix:///scsi0?socket=${socket}`]))
    expect(JSON.stringify(read.result)).toMatch(/Invalid argument/)
  })

  it('lends a disk, of which a part cannot be read, and that nobody writes to', async () => {
    const data = readFileSync(join(folder, 'a.raw'))
    const lending: NbdSource = {sizeBytes, read: (offset, lengthBytes) => offset === 65_536 ? Promise.reject(new Error('damaged')) : Promise.resolve(data.subarray(offset, offset + lengthBytes))}
    const read = await serving({...lending, read: (offset, lengthBytes) => Promise.resolve(data.subarray(offset, offset + lengthBytes))},
      (socket) => run('qemu-img', ['convert', '-f', 'raw', '-O', 'raw', `nbd+unix:///scsi0?socket=${socket}`, join(folder, 'b.raw')]))
    expect([read.failure, read.result]).toEqual([undefined, {stdout: '', stderr: ''}])
    await run('cmp', [join(folder, 'a.raw'), join(folder, 'b.raw')])
    const io = (words: readonly string[], ...commands: readonly string[]) => serving(lending, (socket) => run('qemu-io', ['-f', 'raw', ...words, ...commands.flatMap((command) => ['-c', command]), `nbd+unix:///scsi0?socket=${socket}`]))
    const part = await io(['-r'], 'read 65536 4096', 'read 0 16')
    expect([JSON.stringify(part.result).match(/Input\/output error/g)?.length, JSON.stringify(part.result).includes('read 16/16 bytes')]).toEqual([1, true])
    expect(JSON.stringify((await io([], 'write 0 4096')).result)).toMatch(/Permission denied/)
  })

  it('ends on what is no NBD', async () => {
    const {failure} = await serving(taking, (socket) => new Promise<void>((resolve) => {
      const client = connect(socket, () => { client.write(Buffer.alloc(4096, 0x41)) })
      client.on('data', () => undefined).on('error', () => undefined).on('close', () => resolve())
    }))
    expect(failure).toMatchObject({kind: 'unavailable'})
  })
})
