import {createConnection} from 'node:net'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {CancelledError, ToolError, UnavailableError} from '../../../../../src/lib/base/index.ts'
import {openQmp} from '../../../../../src/lib/guest/qemu/qmp/index.ts'
import type {QmpClient, QmpOptions} from '../../../../../src/lib/guest/qemu/qmp/index.ts'
import {FakeQmpServer} from '../../../../support/fake-qmp-server.ts'
import type {FakeQmpHandler, FakeQmpOptions} from '../../../../support/fake-qmp-server.ts'

let folder: string
const cleanup: (() => void | Promise<void>)[] = []

beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'qmp-')) })
afterEach(async () => {
  for (const undo of cleanup.splice(0).reverse()) await undo()
  rmSync(folder, {recursive: true, force: true})
})

async function open(server: FakeQmpOptions, options: QmpOptions = {}): Promise<{server: FakeQmpServer; client: QmpClient}> {
  const fake = new FakeQmpServer(server)
  const path = join(folder, 'monitor')
  await fake.listen(path)
  cleanup.push(() => fake.close())
  const stream = createConnection(path)
  cleanup.push(() => { stream.destroy() })
  return {server: fake, client: await openQmp(stream, path, options)}
}

describe('QMP handshake', () => {
  it('negotiates and reads the version', async () => {
    const {client, server} = await open({})
    expect(client.version).toEqual({major: 7, minor: 2, micro: 22, package: 'Debian 1:7.2'})
    expect(server.received.map((request) => request.command)).toEqual(['qmp_capabilities'])
  })

  it.each<[string, FakeQmpOptions, RegExp]>([
    ['says nothing', {greeting: undefined}, /did not greet within 0.2 s/],
    ['is no monitor', {greeting: {hello: 'world'}}, /is not a QMP monitor/],
    ['sends no JSON', {rawGreeting: 'SSH-2.0-OpenSSH\u001b[2J\r\n'}, /not JSON: SSH-2.0-OpenSSH \[2J/],
    ['sends a list', {rawGreeting: '[1,2]\n'}, /not a JSON object/],
    ['sends bytes without end', {rawGreeting: Buffer.alloc(5000, 0x61)}, /more than 4096 bytes/],
  ])('refuses a peer that %s', async (_what, server, message) => {
    const failure = open(server, {handshakeTimeoutMs: 200, maxMessageBytes: 4096})
    await expect(failure).rejects.toThrow(message)
    await expect(failure).rejects.toBeInstanceOf(UnavailableError)
  })

  it('drops what was meant for the client before it', async () => {
    const leftOver = [{event: 'RESUME', timestamp: {seconds: 1, microseconds: 0}}, {return: {}, id: 7}].map((message) => `${JSON.stringify(message)}\r\n`).join('')
    const {client} = await open({rawGreeting: `${leftOver}${JSON.stringify({QMP: {version: {qemu: {major: 7, minor: 2, micro: 0}, package: ''}, capabilities: []}})}\r\n`})
    expect(client.version).toMatchObject({major: 7, minor: 2})
  })

  it('can be cancelled', async () => {
    const abort = new AbortController()
    const failure = open({greeting: undefined}, {signal: abort.signal})
    setTimeout(() => abort.abort(), 20)
    await expect(failure).rejects.toBeInstanceOf(CancelledError)
  })
})

describe('QMP commands', () => {
  it('matches answers to questions by id, also out of order', async () => {
    const held: (() => void)[] = []
    const slow: FakeQmpHandler = (_args, peer) => { held.push(() => peer.send({return: 'slow', id: peer.id})); return undefined }
    const {client} = await open({answers: {slow, quick: 'quick'}})
    const slowAnswer = client.execute('slow')
    expect(await client.execute('quick')).toBe('quick')
    held[0]?.()
    expect(await slowAnswer).toBe('slow')
  })

  it('passes on a refusal with its class, without control characters', async () => {
    const {client} = await open({answers: {bad: () => ({error: {class: 'DeviceNotFound', desc: "Device 'a\u001b]0;x\u0007' not found"}})}})
    const failure = await client.execute('bad').catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ToolError)
    expect((failure as ToolError).message).toBe("QEMU refused 'bad': Device 'a ]0;x ' not found")
    expect((failure as ToolError).data['errorClass']).toBe('DeviceNotFound')
  })

  it('gives up after its time and lets the late answer pass', async () => {
    const held: (() => void)[] = []
    const slow: FakeQmpHandler = (_args, peer) => { held.push(() => peer.send({return: 'late', id: peer.id})); return undefined }
    const {client} = await open({answers: {slow, next: 1}})
    await expect(client.execute('slow', {}, {timeoutMs: 30})).rejects.toThrow("QEMU did not answer 'slow' within 0.03 s")
    held[0]?.()
    expect(await client.execute('next')).toBe(1)
  })

  it('can be cancelled, and goes on', async () => {
    const abort = new AbortController()
    const {client} = await open({answers: {slow: () => undefined, next: 1}})
    const failure = client.execute('slow', {}, {signal: abort.signal})
    abort.abort()
    await expect(failure).rejects.toBeInstanceOf(CancelledError)
    expect(await client.execute('next')).toBe(1)
  })

  it('stops asking a monitor that never answers', async () => {
    const {client} = await open({answers: {slow: () => undefined}})
    const failures = await Promise.allSettled(Array.from({length: 65}, () => client.execute('slow', {}, {timeoutMs: 20})))
    expect(failures.every((failure) => failure.status === 'rejected')).toBe(true)
    expect(client.isOpen).toBe(false)
  })

  it.each<[string, FakeQmpHandler, RegExp]>([
    ['answers twice', (_args, peer) => { peer.send({return: 1, id: 'c1'}); peer.send({return: 2, id: peer.id}); return undefined }, /was not asked or was answered before/],
    ['answers an unknown id', (_args, peer) => { peer.send({return: 1, id: {deep: []}}); return undefined }, /was not asked/],
    ['answers without an id', (_args, peer) => { peer.send({return: 1}); return undefined }, /was not asked/],
    ['sends broken JSON', (_args, peer) => { peer.sendRaw('{"return": {}, "id": \n'); return undefined }, /not JSON/],
    ['sends too much', (_args, peer) => { peer.sendRaw(`{"return": "${'x'.repeat(70_000)}"}\n`); return undefined }, /more than 65536 bytes/],
    ['hangs up', (_args, peer) => { peer.end(); return undefined }, /closed the connection/],
  ])('ends the connection when the other side %s', async (_what, handler, message) => {
    const {client} = await open({answers: {question: handler}}, {maxMessageBytes: 65_536})
    await expect(client.execute('question')).rejects.toThrow(message)
    expect(client.isOpen).toBe(false)
    await expect(client.execute('question')).rejects.toThrow(message)
  })

  it('keeps its time limits while events flood in', async () => {
    const {client, server} = await open({answers: {slow: () => undefined}})
    const line = `${JSON.stringify({event: 'NOISE', data: {}})}\n`.repeat(2_000)
    const flood = setInterval(() => server.broadcast(line), 1)
    cleanup.push(() => clearInterval(flood))
    const started = performance.now()
    await expect(client.execute('slow', {}, {timeoutMs: 100})).rejects.toBeInstanceOf(UnavailableError)
    expect(performance.now() - started).toBeLessThan(3_000)
  })

  it('is not misled by names of JavaScript\'s own', async () => {
    const q: FakeQmpHandler = (_args, peer) => { peer.sendRaw(`{"return": {"__proto__": {"polluted": true}}, "id": "${String(peer.id)}"}\n`); return undefined }
    const {client} = await open({answers: {q}})
    await client.execute('q')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('QMP events', () => {
  it('gives events with their time, and waits for one by name', async () => {
    const {client, server} = await open({})
    const seen: string[] = []
    const stop = client.onEvent((event) => { seen.push(`${event.name} ${event.timeMs}`) })
    const waiting = client.nextEvent(['SHUTDOWN'], {timeoutMs: 2_000})
    server.event('STOP')
    server.event('SHUTDOWN', {guest: true})
    expect((await waiting).data).toEqual({guest: true})
    expect(seen).toEqual(['STOP 1500', 'SHUTDOWN 1500'])
    stop()
  })

  it('says which event did not come', async () => {
    const {client} = await open({})
    await expect(client.nextEvent(['RESET', 'SHUTDOWN'], {timeoutMs: 20})).rejects.toThrow('no event RESET or SHUTDOWN came from QEMU within 0.02 s')
  })

  it('tells that the connection is gone', async () => {
    const {client, server} = await open({})
    const waiting = client.nextEvent(['SHUTDOWN'], {timeoutMs: 2_000})
    const closed = new Promise<Error>((resolve) => { client.onClose(resolve) })
    await server.close()
    await expect(waiting).rejects.toThrow(/closed the connection/)
    expect((await closed).message).toMatch(/closed the connection/)
  })
})
