import {spawn} from 'node:child_process'
import type {ChildProcessWithoutNullStreams} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {ConflictError, ForbiddenError, systemClock} from '../../../../../src/lib/base/index.ts'
import type {Places} from '../../../../../src/lib/base/index.ts'
import {listenOnSocket} from '../../../../../src/lib/host/local/listen.ts'
import {localHost} from '../../../../../src/lib/host/local/index.ts'
import {runDaemon} from '../../../../../src/lib/guest/qemu/qmeventd/daemon.ts'
import type {DaemonLimits} from '../../../../../src/lib/guest/qemu/qmeventd/daemon.ts'
import {endOfEvent, vmidOfChardevs} from '../../../../../src/lib/guest/qemu/qmeventd/guest-link.ts'
import {eventSocketPath, guestPaths} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'

const host = localHost('h1')
const fakeQemu = resolve(import.meta.dirname, '../../../../support/fake-qemu.mjs')
const limits: DaemonLimits = {scanMs: 300, idleMs: undefined, quitMs: 10_000}

let places: Places
let children: ChildProcessWithoutNullStreams[] = []
let cleanups: string[] = []
let reports: string[] = []
let stop: AbortController
let daemons: Promise<void>[] = []

beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'ev-'))
  places = {stateDir: `${root}/lib`, runDir: `${root}/run`, logDir: `${root}/log`, root}
  mkdirSync(guestPaths(places, 100).dir, {recursive: true, mode: 0o700})
  chmodSync(places.runDir, 0o700)
  stop = new AbortController()
  ;[children, cleanups, reports, daemons] = [[], [], [], []]
})
afterEach(async () => {
  stop.abort()
  await Promise.allSettled(daemons)
  for (const child of children) child.kill('SIGKILL')
  rmSync(places.root ?? '', {recursive: true, force: true})
})

/** Cleaning up removes the PID file, which is how the daemon sees that it was done. */
async function start(changed: Partial<DaemonLimits> = {}): Promise<void> {
  const running = runDaemon({
    host, places, clock: systemClock, report: (line) => { reports.push(line) }, reportDetail: (line) => { reports.push(line) },
    cleanUp: async (vmid, end) => {
      cleanups.push(`${vmid} ${end.isClean ? 1 : 0} ${end.isGuestRequested ? 1 : 0}`)
      rmSync(guestPaths(places, vmid).pid, {force: true})
    },
    listen: (onConnection) => listenOnSocket(eventSocketPath(places), 100, onConnection),
  }, {...limits, ...changed}, stop.signal)
  running.catch(() => undefined)
  daemons.push(running)
  await until(() => existsSync(eventSocketPath(places)))
}

async function guest(vmid: number, status = 'running'): Promise<ChildProcessWithoutNullStreams> {
  const paths = guestPaths(places, vmid)
  const child = spawn(process.execPath, [fakeQemu, eventSocketPath(places), paths.qmp, status, '-pidfile', paths.pid])
  children.push(child)
  await new Promise((resolve) => { child.stdout.once('data', resolve) })
  return child
}

function tell(child: ChildProcessWithoutNullStreams, order: unknown): void { child.stdin.write(`${JSON.stringify(order)}\n`) }

async function until(holds: () => boolean, limitMs = 5_000): Promise<number> {
  const startedAt = performance.now()
  while (!holds()) {
    if (performance.now() - startedAt > limitMs) throw new Error(`in vain; reports: ${reports.join('; ')}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return performance.now() - startedAt
}

const ended = (child: ChildProcessWithoutNullStreams) => child.exitCode !== null || child.signalCode !== null

describe('a guest that ends', () => {
  it('by itself is quit and cleaned up after within a second', async () => {
    await start()
    const child = await guest(100)
    tell(child, {event: {name: 'SHUTDOWN', data: {guest: true, reason: 'guest-shutdown'}}})
    expect(await until(() => cleanups.length > 0, 1_000)).toBeLessThan(1_000)
    await until(() => ended(child))
    expect(child.exitCode).toBe(0)
    expect(cleanups).toEqual(['100 1 1'])
  })

  it('because somebody on the host asked is left to them, unless they do not clear up', async () => {
    await start()
    const child = await guest(100)
    tell(child, {event: {name: 'SHUTDOWN', data: {guest: false, reason: 'host-qmp-quit'}}})
    await until(() => ended(child))
    rmSync(guestPaths(places, 100).pid)
    const other = await guest(101)
    tell(other, {event: {name: 'SHUTDOWN', data: {guest: false, reason: 'host-signal'}}})
    await until(() => cleanups.length > 0)
    // Nobody clears up after it here, so that it may be found again.
    expect(cleanups[0]).toBe('101 1 0')
    expect(cleanups.filter((line) => line.startsWith('100'))).toEqual([])
  })

  it('by a crash is cleaned up after as such', async () => {
    await start()
    const child = await guest(100)
    child.kill('SIGKILL')
    await until(() => cleanups.length > 0, 1_000)
    expect(cleanups).toEqual(['100 0 0'])
  })

  it('and whose QEMU does not obey is ended by force', async () => {
    await start({quitMs: 200})
    const child = await guest(100)
    tell(child, {ignoreQuit: true})
    tell(child, {event: {name: 'SHUTDOWN', data: {guest: true}}})
    await until(() => cleanups.length > 0 && ended(child))
    expect(child.signalCode).toBe('SIGKILL')
    expect(reports.join('\n')).toMatch(/sending SIGTERM[^]*sending SIGKILL/)
  })

  it('goes on while it only resets', async () => {
    await start()
    const child = await guest(100)
    tell(child, {event: {name: 'RESET', data: {guest: true, reason: 'guest-reset'}}})
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(ended(child)).toBe(false)
    expect(cleanups).toEqual([])
  })
})

describe('a daemon that comes late', () => {
  it('ends a guest that has switched itself off before', async () => {
    await start()
    const child = await guest(100, 'shutdown')
    await until(() => cleanups.length > 0 && ended(child))
    expect(child.exitCode).toBe(0)
    expect(cleanups).toEqual(['100 1 1'])
  })

  it('cleans up after guests whose process is gone', async () => {
    for (const vmid of [100, 101, 102, 103, 104]) writeFileSync(guestPaths(places, vmid).pid, '999999\n')
    await start()
    await until(() => cleanups.length === 5)
    expect(cleanups.sort()).toEqual(['100 0 0', '101 0 0', '102 0 0', '103 0 0', '104 0 0'])
  })

  it('leaves a running guest alone that does not speak to it', async () => {
    const child = spawn('sh', ['-c', 'echo up; read line', 'sh', '-pidfile', guestPaths(places, 100).pid])
    children.push(child)
    await new Promise((resolve) => { child.stdout.once('data', resolve) })
    writeFileSync(guestPaths(places, 100).pid, String(child.pid))
    await start()
    await new Promise((resolve) => setTimeout(resolve, 800))
    expect(cleanups).toEqual([])
    expect(ended(child)).toBe(false)
  })
})

describe('there is one daemon', () => {
  it('and a second one is refused', async () => {
    await start()
    await start()
    await expect(daemons[1]).rejects.toBeInstanceOf(ConflictError)
    await guest(100)
  })

  it('also where a dead one left its socket', async () => {
    await start()
    stop.abort()
    await daemons[0]
    writeFileSync(eventSocketPath(places), '')
    rmSync(eventSocketPath(places))
    stop = new AbortController()
    const dead = spawn(process.execPath, ['-e', `require('net').createServer().listen(${JSON.stringify(eventSocketPath(places))}, () => console.log('up'))`])
    children.push(dead)
    await new Promise((resolve) => { dead.stdout.once('data', resolve) })
    dead.kill('SIGKILL')
    await until(() => ended(dead))
    expect(existsSync(eventSocketPath(places))).toBe(true)
    await start()
    const child = await guest(100)
    child.kill('SIGKILL')
    await until(() => cleanups.length > 0)
  })

  it('and only in a private folder', async () => {
    chmodSync(places.runDir, 0o755)
    const refused = runDaemon({
      host, places, clock: systemClock, report: () => undefined, reportDetail: () => undefined, cleanUp: async () => undefined,
      listen: (onConnection) => listenOnSocket(eventSocketPath(places), 100, onConnection),
    }, limits, stop.signal)
    await expect(refused).rejects.toBeInstanceOf(ForbiddenError)
    expect(existsSync(eventSocketPath(places))).toBe(false)
  })

  it('which ends with the last guest', async () => {
    await start({scanMs: 50, idleMs: 1_500})
    const child = await guest(100)
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(existsSync(eventSocketPath(places))).toBe(true)
    child.kill('SIGKILL')
    await daemons[0]
    expect(existsSync(eventSocketPath(places))).toBe(false)
    expect(cleanups).toEqual(['100 0 0'])
  })
})

describe('a hostile peer', () => {
  it.each<[string, string | Buffer]>([
    ['nothing but bytes', Buffer.alloc(2 * 1024 * 1024, 0x61)],
    ['no JSON', 'GET / HTTP/1.0\r\n\r\n'],
    ['answers to nothing', '{"QMP":{}}\n{"return":{},"id":"c9"}\n'],
  ])('that sends %s is cut off and harms nobody', async (_what, bytes) => {
    await start()
    const child = await guest(100)
    const peer = connect(eventSocketPath(places))
    peer.on('error', () => undefined)
    const closed = new Promise((resolve) => { peer.once('close', resolve) })
    peer.write(bytes)
    peer.resume()
    await closed
    expect(ended(child)).toBe(false)
    expect(cleanups).toEqual([])
    tell(child, {event: {name: 'SHUTDOWN', data: {guest: true}}})
    await until(() => cleanups.length > 0)
  })

  it('that claims to be a guest cannot end it', async () => {
    await start()
    const child = await guest(100)
    // It says that it is guest 100 and that 100 is off.
    const liar = connect(eventSocketPath(places))
    liar.on('error', () => undefined)
    liar.write('{"QMP":{}}\n{"return":{},"id":"c1"}\n')
    await new Promise((resolve) => setTimeout(resolve, 50))
    liar.write(`${JSON.stringify({id: 'c2', return: [{label: 'qmp', filename: `unix:${guestPaths(places, 100).qmp},server=on`}]})}\n`)
    liar.write(`${JSON.stringify({event: 'NOISE'})}\n`)
    await new Promise((resolve) => setTimeout(resolve, 100))
    liar.destroy()
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(ended(child)).toBe(false)
    expect(cleanups).toEqual([])
  })
})

describe('what a QEMU says', () => {
  const places100 = {stateDir: '/s', runDir: '/run/corral', logDir: '/l', root: undefined}
  it.each([
    [[{label: 'qmp', filename: 'unix:/run/corral/qemu-server/100.qmp,server=on'}], 100],
    [[{label: 'x', filename: 'y'}, {label: 'qmp', filename: 'disconnected:unix:/run/corral/qemu-server/4711.qmp,server=on'}], 4711],
    [[{label: 'qmp', filename: 'unix:/elsewhere/100.qmp,server=on'}], undefined],
    [[{label: 'qmp', filename: 'unix:/run/corral/qemu-server/../qemu-server/100.qmp'}], undefined],
    [[{label: 'qmp', filename: 5}], undefined],
    [[null, 'x', {label: 'qmp'}], undefined],
    ['text', undefined],
    [undefined, undefined],
  ])('identifies it: %j', (answer, vmid) => { expect(vmidOfChardevs(answer, places100)).toBe(vmid) })

  it('identifies it below a folder with commas in its name', () => {
    const odd = {...places100, runDir: '/a,b=c/run'}
    expect(vmidOfChardevs([{label: 'qmp', filename: 'disconnected:unix:/a,b=c/run/qemu-server/100.qmp,server=on'}], odd)).toBe(100)
  })

  it('tells ends from other events', () => {
    expect(endOfEvent({name: 'STOP', data: {}, timeMs: 0})).toBeUndefined()
    expect(endOfEvent({name: 'SHUTDOWN', data: {guest: 'yes'}, timeMs: 0})).toEqual({isClean: true, isGuestRequested: false})
  })
})
