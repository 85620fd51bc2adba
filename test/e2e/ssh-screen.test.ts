// `qm terminal` and `qm monitor` on a host over SSH whose connection is kept: window size, keys and signals, leaving, bytes of all values in
// both directions, and what becomes of them when something dies. The guest is a process and two sockets of the test's own, so that every byte is known.
import {execFileSync} from 'node:child_process'
import {createHash, randomBytes} from 'node:crypto'
import {mkdirSync, readlinkSync, rmSync} from 'node:fs'
import {createServer} from 'node:net'
import type {Server, Socket} from 'node:net'
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {placesFromEnvironment} from '../../src/lib/base/index.ts'
import {guestPaths} from '../../src/lib/guest/qemu/runtime/sockets.ts'
import {FakeQmpServer} from '../support/fake-qmp-server.ts'
import {openSshLab} from '../support/ssh-lab.ts'
import type {LabHost, SshLab} from '../support/ssh-lab.ts'
import {pretendRunning} from '../unit/guest/qemu/support/pretend-running.ts'
import {Desk, processesOf} from './support/desk.ts'
import {isAlive} from './support/installation.ts'

const limit = {timeout: 30_000, interval: 50}
const vmid = 100
let lab: SshLab
let host: LabHost
let desk: Desk
/** The guest's end of its serial port. */
let port: {server: Server; socket: Socket | undefined; received: Buffer[]}
let monitor: FakeQmpServer
let endGuest: () => Promise<void>

beforeAll(async () => {
  lab = await openSshLab({hosts: ['h1']})
  host = lab.host('h1')
  desk = new Desk(lab)
  await desk.addHosts([host])
  await desk.must(['qm', 'create', String(vmid), '--memory', '32', '--kvm', '0', '--serial0', 'socket'])
  const places = placesFromEnvironment({CORRAL_ROOT: host.root})
  const paths = guestPaths(places, vmid)
  mkdirSync(paths.dir, {recursive: true, mode: 0o700})
  endGuest = await pretendRunning(vmid, {places})
  port = {server: createServer((socket) => {
    port.socket = socket
    socket.on('data', (data: Buffer) => port.received.push(data)).on('error', () => undefined).on('close', () => { if (port.socket === socket) port.socket = undefined })
  }), socket: undefined, received: []}
  await new Promise<void>((done) => { port.server.listen(paths.serial0, done) })
  monitor = new FakeQmpServer({answers: {
    'query-chardev': () => ({return: [{label: 'serial0', filename: `${port.socket === undefined ? 'disconnected:' : ''}unix:${paths.serial0},server=on`}]}),
    'query-status': {status: 'running', running: true, singlestep: false},
    'human-monitor-command': ({'command-line': line}: Record<string, unknown>) => ({return: `you said ${String(line)}\r\n`}),
  }})
  await monitor.listen(paths.qmp)
}, 120_000)
afterAll(async () => {
  await desk.close()
  await monitor.close()
  port.socket?.destroy()
  await new Promise((done) => { port.server.close(done) })
  await endGuest()
  rmSync(guestPaths(placesFromEnvironment({CORRAL_ROOT: host.root}), vmid).serial0, {force: true})
  await lab.close()
}, 60_000)

/** Every test begins with one keeper that holds the connection. */
beforeEach(async () => {
  port.received = []
  await desk.must(['qm', 'list'])
  await expect.poll(() => desk.keepers().length, limit).toBe(1)
  await expect.poll(async () => { const before = logins(); await desk.must(['qm', 'list']); return logins() - before }, limit).toBe(0)
}, 90_000)

const logins = () => host.log().match(/Accepted publickey/g)?.length ?? 0
const received = () => Buffer.concat(port.received)
const agentsAtTerminals = () => processesOf(host).filter(({words}) => words.includes('--terminal') && words.some((word) => word.endsWith('corral-agent.mjs')))
const sizeOf = (tty: string) => execFileSync('stty', ['-F', tty, 'size'], {encoding: 'utf8'}).trim()

/** Opens the terminal as a person does, and waits until the guest has them. */
async function opened(words: readonly string[] = []) {
  const call = desk.type(['qm', 'terminal', String(vmid), ...words], {terminal: ['rows', '33', 'cols', '91']})
  await expect.poll(() => port.socket !== undefined || call.child.exitCode !== null, limit).toBe(true)
  await expect.poll(call.shown, limit).toContain('leaves it')
  const client = desk.clients('terminal').find((pid) => /^\/dev\/pts\//.test(readlinkSync(`/proc/${pid}/fd/0`))) ?? 0
  return {...call, client, tty: readlinkSync(`/proc/${client}/fd/0`), agent: agentsAtTerminals()[0]?.pid ?? 0}
}

/** Nothing of it is left: the port is free, the host has no process for it, and the kept connection goes on. */
async function expectLeft(client: number, agent: number): Promise<void> {
  await expect.poll(() => [isAlive(client), isAlive(agent), agentsAtTerminals().length, port.socket === undefined], limit).toEqual([false, false, 0, true])
  const before = logins()
  await desk.must(['qm', 'list'])
  expect(logins()).toBe(before)
}

describe('qm terminal', () => {
  test('has the size of the window there, and follows it', {timeout: 90_000}, async () => {
    const {child, client, tty, agent, ended} = await opened()
    expect(sizeOf(`/proc/${agent}/fd/0`)).toBe('33 91')
    for (const [rows, columns] of [[40, 120], [5, 20], [200, 500]]) {
      // The kernel tells whoever is on this terminal, as when a window is pulled larger.
      execFileSync('stty', ['-F', tty, 'rows', String(rows), 'cols', String(columns)])
      await expect.poll(() => sizeOf(`/proc/${agent}/fd/0`), limit).toBe(`${rows} ${columns}`)
    }
    child.stdin.write('\u000f')
    expect((await ended).code).toBe(0)
    await expectLeft(client, agent)
  })

  test('gives every key to the guest, Ctrl-C too, and Ctrl-O leaves it with the modes as they were', {timeout: 90_000}, async () => {
    const {child, client, agent, ended, shown} = await opened()
    child.stdin.write('a\u0003\u001a\u001c\u0004\u0011\u0013\u007f\r\u001b[A')
    await expect.poll(() => received().toString('latin1'), limit).toBe('a\u0003\u001a\u001c\u0004\u0011\u0013\u007f\r\u001b[A')
    port.socket?.write('\u001b[1mlogin:\u001b[0m ')
    await expect.poll(shown, limit).toContain('\u001b[1mlogin:\u001b[0m ')
    child.stdin.write('x\u000fnever')
    const {code} = await ended
    expect([code, shown().includes('modes changed')]).toEqual([0, false])
    expect(received().toString('latin1').endsWith('x')).toBe(true)
    await expectLeft(client, agent)
  })

  test.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)('ends there as well when the client gets %s, and puts the modes back', {timeout: 90_000}, async (signal) => {
    const {client, agent, ended, shown} = await opened()
    process.kill(client, signal)
    const {code} = await ended
    expect(code, shown()).not.toBe(0)
    expect(shown()).not.toContain('modes changed')
    await expectLeft(client, agent)
  })

  test('ends there as well when the client or the whole window is killed', {timeout: 120_000}, async () => {
    for (const victim of ['client', 'window'] as const) {
      const {child, client, agent, ended} = await opened()
      process.kill(victim === 'client' ? client : child.pid ?? 0, 'SIGKILL')
      await ended
      await expectLeft(client, agent)
    }
  })

  test('says that the guest closed its port', {timeout: 90_000}, async () => {
    const {client, agent, ended, shown} = await opened()
    port.socket?.end('bye\r\n')
    expect((await ended).code).toBe(0)
    expect(shown()).toMatch(/bye[^]*virtual machine 100 closed the port/)
    await expectLeft(client, agent)
  })

  test('carries 16 MiB of all bytes in both directions at once through pipes, unchanged', {timeout: 120_000}, async () => {
    const call = desk.type(['qm', 'terminal', String(vmid), '--escape', 'none'])
    const chunks: Buffer[] = []
    call.child.stdout.on('data', (data: Buffer) => chunks.push(data))
    await expect.poll(() => port.socket !== undefined, limit).toBe(true)
    const [up, down] = [randomBytes(16 * 1024 ** 2), randomBytes(16 * 1024 ** 2)]
    call.child.stdin.write(up)
    port.socket?.write(down)
    await expect.poll(() => [received().length, chunks.reduce((sum, chunk) => sum + chunk.length, 0)], {timeout: 60_000, interval: 200}).toEqual([up.length, down.length])
    const hash = (data: Buffer) => createHash('sha256').update(data).digest('hex')
    expect([hash(received()), hash(Buffer.concat(chunks))]).toEqual([hash(up), hash(down)])
    call.child.stdin.end()
    expect((await call.ended).code).toBe(0)
  })

  test('is told when the server dies, and nothing holds the port afterwards', {timeout: 90_000}, async () => {
    const {client, agent, ended, shown} = await opened()
    await host.kill()
    expect((await ended).code).toBe(7)
    expect(shown()).toContain('the connection to h1 was lost; the guest goes on')
    expect(shown()).not.toContain('modes changed')
    await host.start()
    await expect.poll(() => [isAlive(client), isAlive(agent), port.socket === undefined], limit).toEqual([false, false, true])
  })
})

describe('qm monitor', () => {
  test('answers on a terminal, line by line, until quit', {timeout: 90_000}, async () => {
    const call = desk.type(['qm', 'monitor', String(vmid)], {terminal: ['rows', '30', 'cols', '100']})
    await expect.poll(call.shown, limit).toContain('qm> ')
    const agent = agentsAtTerminals()[0]?.pid ?? 0
    expect(sizeOf(`/proc/${agent}/fd/0`)).toBe('30 100')
    call.child.stdin.write('info name\r')
    await expect.poll(call.shown, limit).toContain('you said info name')
    call.child.stdin.write('quit\r')
    expect((await call.ended).code, call.shown()).toBe(0)
    expect(call.shown()).not.toContain('modes changed')
    await expect.poll(() => agentsAtTerminals().length, limit).toBe(0)
  })

  test('answers through pipes, and Ctrl-C at the prompt leaves it', {timeout: 90_000}, async () => {
    const piped = desk.type(['qm', 'monitor', String(vmid)])
    piped.child.stdin.end('info a\ninfo b\n')
    expect(await piped.ended).toMatchObject({code: 0, stdout: 'you said info a\nyou said info b\n'})
    const typed = desk.type(['qm', 'monitor', String(vmid)], {terminal: ['rows', '30', 'cols', '100']})
    await expect.poll(typed.shown, limit).toContain('qm> ')
    typed.child.stdin.write('\u0003')
    expect((await typed.ended).code, typed.shown()).toBe(0)
    await expect.poll(() => agentsAtTerminals().length, limit).toBe(0)
  })
})
