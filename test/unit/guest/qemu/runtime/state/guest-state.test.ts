// The program that carries states between QEMU's socket and a volume.
import {spawn} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs'
import {connect, createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {afterAll, describe, expect, it} from 'vitest'

const program = resolve(import.meta.dirname, '../../../../../../libexec/guest-state.mjs')
const folder = mkdtempSync(join(tmpdir(), 'cs-'))
afterAll(() => rmSync(folder, {recursive: true, force: true}))

interface End {readonly code: number | null; readonly stdout: string; readonly stderr: string}

function carry(words: readonly string[], onReady: () => void = () => undefined): Promise<End> {
  const child = spawn(process.execPath, [program, ...words])
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data: Buffer) => { stdout += data.toString(); if (data.toString().includes('ready\n')) onReady() })
  child.stderr.on('data', (data: Buffer) => { stderr += data.toString() })
  return new Promise((done) => { child.once('close', (code) => { done({code, stdout, stderr}) }) })
}

const socketPath = join(folder, 'socket')
const send = (state: Buffer) => () => { connect(socketPath).on('error', () => undefined).end(state) }

/** What comes when it is loaded. */
async function loaded(path: string, takesBytes = Infinity): Promise<{end: End; state: Buffer}> {
  const chunks: Buffer[] = []
  const server = createServer((stream) => {
    let taken = 0
    stream.on('error', () => undefined)
    stream.on('data', (chunk: Buffer) => { chunks.push(chunk); taken += chunk.length; if (taken >= takesBytes) stream.destroy() })
  })
  await new Promise<void>((listening) => { server.listen(socketPath, listening) })
  const end = await carry(['load', socketPath, path])
  await new Promise((closed) => { server.close(closed) })
  return {end, state: Buffer.concat(chunks)}
}

describe('a state', () => {
  it('comes back as it was saved, from a volume that is larger, whatever had been there', async () => {
    const path = join(folder, 'state.raw')
    const state = randomBytes(3_000_001)
    writeFileSync(path, randomBytes(10_000))
    truncateSync(path, 8_000_000)
    expect(await carry(['save', socketPath, path], send(state))).toEqual({code: 0, stdout: 'ready\nsaved 3000001\n', stderr: ''})
    expect(readFileSync(path).length).toBe(8_000_000)
    const back = await loaded(path)
    expect(back.end).toEqual({code: 0, stdout: 'loaded 3000001\n', stderr: ''})
    expect(back.state.equals(state)).toBe(true)
  })

  it('is not loaded when it is not whole, or none', async () => {
    const path = join(folder, 'cut.raw')
    writeFileSync(path, '')
    await carry(['save', socketPath, path], send(randomBytes(500_000)))
    truncateSync(path, 400_000)
    expect((await loaded(path)).end).toMatchObject({code: 1, stderr: 'the state ends too early\n'})
    writeFileSync(path, Buffer.alloc(500_000))
    expect((await loaded(path)).end).toMatchObject({code: 1, stderr: 'there is no whole state of a machine in it\n'})
  })

  it('says when the volume is full, and when QEMU does not take it', async () => {
    expect(await carry(['save', socketPath, '/dev/full'], send(randomBytes(10_000)))).toMatchObject({code: 1, stderr: 'there is no space left on the storage\n'})
    const path = join(folder, 'refused.raw')
    writeFileSync(path, '')
    await carry(['save', socketPath, path], send(randomBytes(20_000_000)))
    expect((await loaded(path, 100_000)).end).toMatchObject({code: 1, stderr: 'QEMU did not take all of the state\n'})
  })

  it('is kept in no file that has to be made', async () => {
    expect(await carry(['save', socketPath, join(folder, 'none.raw')])).toMatchObject({code: 1, stderr: expect.stringContaining('ENOENT') as string})
  })
})
