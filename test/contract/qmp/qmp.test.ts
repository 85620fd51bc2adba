// What we count on of a QMP monitor, asked of a real QEMU and of the fake that stands in for it elsewhere.
import {spawn} from 'node:child_process'
import {existsSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {ToolError, UnavailableError} from '../../../src/lib/base/index.ts'
import {connectQmp, withQmp} from '../../../src/lib/guest/qemu/qmp/index.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import {FakeQmpServer} from '../../support/fake-qmp-server.ts'
import type {FakeQmpHandler} from '../../support/fake-qmp-server.ts'

const host = localHost('h1')

interface Monitor { readonly path: string; stop(): Promise<void> }

async function realQemu(folder: string): Promise<Monitor> {
  const path = join(folder, 'real')
  const child = spawn('qemu-system-x86_64', [
    '-machine', 'pc,accel=tcg', '-nodefaults', '-display', 'none', '-m', '16', '-S', '-no-shutdown', '-name', 'contract',
    '-chardev', `socket,id=qmp,path=${path},server=on,wait=off`, '-mon', 'chardev=qmp,mode=control',
  ], {stdio: 'ignore'})
  const ended = new Promise<void>((resolve) => { child.once('exit', () => { resolve() }) })
  for (let round = 0; round < 500 && !existsSync(path); round++) await new Promise((resolve) => setTimeout(resolve, 20))
  return {path, stop: async () => { child.kill('SIGKILL'); await ended }}
}

async function fakeQemu(folder: string): Promise<Monitor> {
  const path = join(folder, 'fake')
  let status = 'prelaunch'
  const change = (next: string, event: string): FakeQmpHandler => () => { status = next; server.event(event); return {return: {}} }
  const server = new FakeQmpServer({answers: {
    'query-name': {name: 'contract'},
    'query-status': (() => ({return: {status, running: status === 'running'}})) satisfies FakeQmpHandler,
    'query-chardev': [{label: 'qmp', filename: `unix:${path},server=on`, 'frontend-open': true}],
    cont: change('running', 'RESUME'), stop: change('paused', 'STOP'),
    set_link: (() => ({error: {class: 'DeviceNotFound', desc: "Device 'net7' not found"}})) satisfies FakeQmpHandler,
    'human-monitor-command': ((args) => ({return: args['command-line'] === 'info name' ? 'contract\r\n' : "unknown command: 'nonsense'\r\n"})) satisfies FakeQmpHandler,
    quit: ((_args, peer) => { peer.send({return: {}, id: peer.id}); peer.end(); return undefined }) satisfies FakeQmpHandler,
  }})
  await server.listen(path)
  return {path, stop: () => server.close()}
}

describe.each([['a real QEMU', realQemu], ['the fake', fakeQemu]])('%s', (_name, start) => {
  let folder: string
  let monitor: Monitor

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'qmpc-'))
    monitor = await start(folder)
  })
  afterAll(async () => {
    await monitor.stop()
    rmSync(folder, {recursive: true, force: true})
  })

  const ask = (command: string, args?: Record<string, unknown>) => withQmp(host, monitor.path, {}, (client) => client.execute(command, args))

  it('greets with its version, connection after connection', async () => {
    for (let round = 0; round < 5; round++) {
      const {major} = await withQmp(host, monitor.path, {}, async (client) => client.version)
      expect(major).toBeGreaterThanOrEqual(7)
    }
  })

  it('answers', async () => {
    expect(await ask('query-name')).toEqual({name: 'contract'})
    expect(await ask('query-status')).toMatchObject({status: 'prelaunch', running: false})
    expect(await ask('query-chardev')).toContainEqual(expect.objectContaining({label: 'qmp', filename: `unix:${monitor.path},server=on`}))
  })

  it('answers many questions at once, each its own', async () => {
    const answers = await withQmp(host, monitor.path, {}, (client) => Promise.all(Array.from({length: 40}, () => client.execute('query-name'))))
    expect(answers).toHaveLength(40)
    expect(answers.every((answer) => JSON.stringify(answer) === '{"name":"contract"}')).toBe(true)
  })

  it('refuses with a class and a reason', async () => {
    const unknown = await ask('no-such-command').catch((error: unknown) => error)
    expect(unknown).toBeInstanceOf(ToolError)
    expect((unknown as ToolError).data['errorClass']).toBe('CommandNotFound')
    const missing = await ask('set_link', {name: 'net7', up: false}).catch((error: unknown) => error)
    expect((missing as ToolError).data['errorClass']).toBe('DeviceNotFound')
    expect((missing as ToolError).message).toContain('net7')
  })

  it('passes on lines of the human monitor', async () => {
    expect(await ask('human-monitor-command', {'command-line': 'info name'})).toBe('contract\r\n')
    expect(await ask('human-monitor-command', {'command-line': 'nonsense'})).toContain("unknown command: 'nonsense'")
  })

  it('tells events', async () => {
    await withQmp(host, monitor.path, {}, async (client) => {
      const resumed = client.nextEvent(['RESUME'], {timeoutMs: 5_000})
      await client.execute('cont')
      await resumed
      const stopped = client.nextEvent(['STOP'], {timeoutMs: 5_000})
      await client.execute('stop')
      await stopped
    })
    expect(await ask('query-status')).toMatchObject({status: 'paused'})
  })

  it('closes the connection when it quits', async () => {
    const client = await connectQmp(host, monitor.path)
    const closed = new Promise<Error>((resolve) => { client.onClose(resolve) })
    await client.execute('quit').catch(() => undefined)
    expect(await closed).toBeInstanceOf(UnavailableError)
  })
})

it('nobody at the socket is told as such', async () => {
  await expect(connectQmp(host, '/tmp/there-is-no-such-socket')).rejects.toBeInstanceOf(UnavailableError)
})
