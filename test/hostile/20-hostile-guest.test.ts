// Entry 20: a QEMU that its guest has taken over. It may say anything on its sockets, for as long as it likes: our commands end in time,
// in bounded memory, and print nothing that a terminal would obey.
import {mkdirSync, readFileSync} from 'node:fs'
import {connect, createServer} from 'node:net'
import {join} from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {placesFromEnvironment} from '../../src/lib/base/index.ts'
import {isAlive, waitUntil} from '../e2e/support/installation.ts'
import type {Answer, Installation} from '../e2e/support/installation.ts'
import {FakeQmpServer, type FakeQmpHandler, type FakeQmpOptions, type FakeQmpPeer} from '../support/fake-qmp-server.ts'
import {pretendRunning} from '../unit/guest/qemu/support/pretend-running.ts'
import {machineRoom} from '../unit/guest/qemu/support/run-qm.ts'
import {failureOf, perform} from './support/in-process.ts'
import {expectNoFault, installation} from './support/program.ts'
import {typed} from './support/typed.ts'

const mebibyte = 1024 ** 2
const terminalTricks = '\u001b]52;c;cm0=\u0007\u001b[2J\u202e\r\nTASK OK\n\u009b'

/** Puts a process that is not QEMU at all in the place of a guest, with a monitor that does as it is told. */
async function takeOver(root: string, vmid: number, options: FakeQmpOptions): Promise<FakeQmpServer> {
  const folder = join(root, 'run/qemu-server')
  mkdirSync(folder, {recursive: true, mode: 0o700})
  onTestFinished(await pretendRunning(vmid, {places: placesFromEnvironment({CORRAL_ROOT: root})}))
  const server = new FakeQmpServer(options)
  await server.listen(join(folder, `${vmid}.qmp`))
  onTestFinished(() => server.close())
  return server
}

/** Runs a command in a process and watches how much memory it takes. */
async function watched(place: Installation, tool: string, words: readonly string[], input = ''): Promise<Answer & {peakMib: number}> {
  const startedAt = performance.now()
  const child = place.spawn(tool, words)
  let [stdout, stderr, peakMib] = ['', '', 0]
  child.stdout.on('data', (data: Buffer) => { stdout += data.toString() })
  child.stderr.on('data', (data: Buffer) => { stderr += data.toString() })
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const timer = setInterval(() => { peakMib = Math.max(peakMib, peakMemoryMib(child.pid)) }, 20)
  const giveUp = setTimeout(() => child.kill('SIGKILL'), 40_000)
  const code = await new Promise<number | null>((resolve) => { child.once('close', resolve) })
  clearInterval(timer)
  clearTimeout(giveUp)
  return {code, stdout, stderr, tookMs: performance.now() - startedAt, peakMib}
}

function peakMemoryMib(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid ?? 0}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** Sends bytes again and again until some seconds have passed or the test ends. */
function pour(peer: FakeQmpPeer, bytes: string): undefined {
  const timer = setInterval(() => { peer.sendRaw(bytes) }, 5)
  setTimeout(() => { clearInterval(timer) }, 3_500).unref()
  return undefined
}

const never: FakeQmpHandler = () => undefined
const nested = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`
const raw = (answer: string): FakeQmpHandler => (_args, peer) => { peer.sendRaw(`{"return": ${answer}, "id": ${JSON.stringify(peer.id)}}\n`); return undefined }
const questions = ['query-status', 'query-balloon', 'query-blockstats', 'qom-get', 'query-chardev', 'human-monitor-command', 'system_reset']
const everywhere = (handler: FakeQmpHandler) => Object.fromEntries(questions.map((name) => [name, handler]))

const small: Readonly<Record<string, FakeQmpOptions>> = {
  'says nothing': {greeting: undefined},
  'greets with a list': {rawGreeting: '[]\n'},
  'never answers': {answers: everywhere(never)},
  'sends broken JSON': {answers: everywhere((_args, peer) => { peer.sendRaw('{"return": {"a": \u001b[2J\n'); return undefined })},
  'answers twice': {answers: everywhere((_args, peer) => { peer.send({return: {}, id: peer.id}); peer.send({return: {}, id: peer.id}); return undefined })},
  'answers what nobody asked': {answers: everywhere((_args, peer) => { peer.send({return: {}, id: 'other'}); return undefined })},
  'answers nested without end': {answers: {...everywhere(raw(nested)), 'query-blockstats': raw(`[{"qdev": "scsi0", "stats": ${nested}}]`), 'query-status': raw(`{"status": ${nested}}`)}},
  'answers with endless words': {answers: {...everywhere(() => ({return: 'w'.repeat(4 * mebibyte)})), 'query-status': () => ({return: {status: 'w'.repeat(4 * mebibyte)}})}},
  'hangs up': {answers: everywhere((_args, peer) => { peer.end(); return undefined })},
  'answers with null': {answers: everywhere(() => ({return: null}))},
  'answers with numbers': {answers: everywhere(() => ({return: -1e308}))},
  'answers with lists': {answers: everywhere(() => ({return: [null, [], 1, 'x', {qdev: {}, stats: 7}]}))},
  'answers with what a terminal obeys': {answers: {...everywhere(() => ({return: terminalTricks})), 'query-status': () => ({return: {status: terminalTricks}}), 'query-blockstats': () => ({return: [{qdev: 'scsi0', stats: {[terminalTricks]: terminalTricks}}]})}},
  'refuses with what a terminal obeys': {answers: everywhere(() => ({error: {class: terminalTricks, desc: terminalTricks}}))},
  'answers with properties of JavaScript': {answers: everywhere(raw('{"__proto__": {"status": "x"}, "status": {"toString": 1}, "constructor": 1}'))},
}

const large: Readonly<Record<string, FakeQmpOptions>> = {
  'sends 100 MB before it greets': {rawGreeting: Buffer.alloc(100 * mebibyte, 0x20)},
  'answers with 100 MB': {answers: everywhere((_args, peer) => { peer.sendRaw(`{"return": "${'x'.repeat(100 * mebibyte)}"}\n`); return undefined })},
  'answers without end': {answers: everywhere((_args, peer) => pour(peer, 'x'.repeat(mebibyte)))},
  'sends events without end': {answers: everywhere((_args, peer) => pour(peer, '{"event": "NOISE", "data": {"x": [1,2,3]}}\n'.repeat(2000)))},
}

function expectTame(answer: Answer, what: string): void {
  expectNoFault(answer, what)
  expect(answer.tookMs, what).toBeLessThan(20_000)
  expect(answer.stdout + answer.stderr, what).not.toMatch(/[^\P{Cc}\n\t]|\p{Cf}/u)
  expect(answer.stdout.length + answer.stderr.length, what).toBeLessThan(100_000)
}

describe('a monitor that misbehaves', () => {
  it('cannot hold up or break what shows a machine, whatever it says', async () => {
    const {root, open} = await machineRoom()
    const context = await open()
    for (const [index, options] of Object.values(small).entries()) {
      const vmid = 100 + index
      await context.store.commit({put: {[`nodes/${context.node}/qemu-server/${vmid}.conf`]: 'memory: 32\nserial0: socket\n'}})
      await takeOver(root, vmid, options)
    }
    const lists = typed(['qm', 'list'], root)
    await Promise.all(Object.keys(small).map(async (what, index) => {
      const vmid = String(100 + index)
      await Promise.all([['--verbose'], [], ['--verbose', '--output-format', 'json'], ['--verbose', '--output-format', 'yaml']].map(async (words) => {
        const answer = await typed(['qm', 'status', vmid, ...words], root)
        expectTame(answer, `${what} ${words.join(' ')}`)
        expect(answer, `${what} ${words.join(' ')}`).toMatchObject({code: 0})
        expect(answer.stdout).toMatch(/status/)
      }))
    }))
    expect((await lists).code).toBe(0)
    expect(Object.keys(Object.prototype)).toEqual([])
  }, 60_000)

  it('ends what needs its answer, with words', async () => {
    const {root, open} = await machineRoom()
    const context = await open()
    for (const [index, options] of Object.values(small).entries()) {
      const vmid = 100 + index
      await context.store.commit({put: {[`nodes/${context.node}/qemu-server/${vmid}.conf`]: 'memory: 32\nserial0: socket\n'}})
      await takeOver(root, vmid, options)
    }
    await Promise.all(Object.keys(small).map(async (what, index) => {
      if (what === 'never answers') return
      const vmid = String(100 + index)
      const [monitor, terminal, reset] = await Promise.all([
        typed(['qm', 'monitor', vmid], root, 'info version\n'), typed(['qm', 'terminal', vmid], root, '\u000f'), failureOf(['qm', 'reset', vmid], context),
      ])
      if (!/endless words/.test(what)) expectTame(monitor, what)
      expect([0, 7], `${what}: ${monitor.stderr}`).toContain(monitor.code)
      expectTame(terminal, what)
      expect([5, 7], `${what}: ${terminal.stderr}`).toContain(terminal.code)
      expect(reset?.kind ?? 'none', what).toMatch(/none|tool|unavailable/)
    }))
  }, 60_000)

  it.each(Object.entries(large))('%s takes neither much memory nor much time of ours', async (what, options) => {
    const place = installation()
    await place.create(100)
    await takeOver(place.root, 100, options)
    const [status, monitor] = await Promise.all([watched(place, 'qm', ['status', '100', '--verbose']), watched(place, 'qm', ['monitor', '100'], what.includes('events') ? '' : 'info version\n')])
    for (const answer of [status, monitor]) {
      expectTame(answer, what)
      expect(answer.peakMib).toBeLessThan(300)
    }
    expect(status.code).toBe(0)
    expect(status.stderr).toContain('does not answer')
  }, 60_000)

  it('is ended by qm stop, listening or not', async () => {
    const place = await machineRoom()
    const context = await place.open()
    await perform(['qm', 'create', '100', '--kvm', '0', '--memory', '32'], context)
    await takeOver(place.root, 100, {rawGreeting: '{"QMP": 1\n'})
    const pid = Number(readFileSync(join(place.root, 'run/qemu-server/100.pid'), 'utf8'))
    expect(await failureOf(['qm', 'stop', '100'], context)).toBeUndefined()
    expect(isAlive(pid)).toBe(false)
  }, 30_000)
})

describe('an input of the monitor that never ends a line', () => {
  it('is refused before it takes memory', async () => {
    const place = installation()
    await place.create(100)
    await takeOver(place.root, 100, {answers: {'human-monitor-command': () => ({return: 'answer'})}})
    const child = place.spawn('qm', ['monitor', '100'])
    let stderr = ''
    child.stderr.on('data', (data: Buffer) => { stderr += data.toString() })
    child.stdout.resume()
    child.stdin.on('error', () => undefined)
    const line = Buffer.alloc(mebibyte, 0x61)
    const pourIn = () => { while (!child.stdin.destroyed && child.stdin.write(line)); }
    child.stdin.on('drain', pourIn)
    pourIn()
    const code = await new Promise((resolve) => { child.once('exit', resolve) })
    child.stdin.destroy()
    expect(code, stderr).toBe(2)
    expect(stderr).toContain('longer than 16384 characters')
    // A line that is too long as a whole is not cut into another command; those before it were carried out.
    const answer = await place.call('qm', ['monitor', '100'], {input: `info version\n${'b'.repeat(20_000)}\ninfo version\n`})
    expect(answer).toMatchObject({code: 2, stdout: 'answer\n'})
  }, 30_000)
})

describe('a serial port that never stops talking', () => {
  it('leaves the terminal usable and its memory bounded', async () => {
    const place = installation()
    await place.create(100)
    await takeOver(place.root, 100, {answers: {'query-chardev': [{label: 'serial0', filename: 'disconnected:unix:x'}]}})
    const line = Buffer.from(`${'guest '.repeat(2000)}\r\n`)
    const talker = createServer((socket) => {
      const talk = () => { while (!socket.destroyed && socket.write(line)); }
      socket.on('drain', talk)
      socket.on('error', () => socket.destroy())
      talk()
    })
    await new Promise<void>((resolve) => { talker.listen(join(place.runDir, '100.serial0'), resolve) })
    onTestFinished(() => new Promise<void>((resolve) => { talker.close(() => { resolve() }) }))
    const child = place.spawn('qm', ['terminal', '100'])
    // Nobody reads for a while; then somebody does, and leaves by the key.
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    const peak = peakMemoryMib(child.pid)
    let bytes = 0
    child.stdout.on('data', (data: Buffer) => { bytes += data.length })
    await waitUntil('output', () => bytes > mebibyte, 10_000)
    child.stdin.write('\u000f')
    const code = await new Promise((resolve) => { child.once('exit', resolve) })
    child.stdout.destroy()
    expect(code).toBe(0)
    expect(peak).toBeLessThan(300)
  }, 30_000)
})

describe('the daemon that listens to guests', () => {
  it('survives whatever connects to it, and believes none of it', async () => {
    const place = installation()
    await place.create(100)
    mkdirSync(place.runDir, {recursive: true, mode: 0o700})
    onTestFinished(await pretendRunning(100, {places: placesFromEnvironment({CORRAL_ROOT: place.root})}))
    const socketPath = join(place.root, 'run/qmeventd.sock')
    const daemon = place.spawn('qmeventd', [socketPath, '-f'])
    let log = ''
    for (const stream of [daemon.stdout, daemon.stderr]) stream.on('data', (data: Buffer) => { log += data.toString() })
    const speak = (bytes: string | Buffer) => new Promise<void>((resolve) => {
      const socket = connect(socketPath)
      socket.on('error', () => undefined)
      socket.on('close', () => { resolve() })
      socket.on('data', () => undefined)
      socket.write(bytes, () => setTimeout(() => socket.destroy(), 300))
    })
    await waitUntil('the daemon to listen', () => new Promise<boolean>((resolve) => {
      const socket = connect(socketPath, () => { socket.destroy(); resolve(true) })
      socket.on('error', () => { resolve(false) })
    }), 10_000)
    const hello = '{"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 0}, "package": ""}, "capabilities": []}}\n{"return": {}, "id": "c1"}\n'
    const shutdown = '{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-shutdown"}, "timestamp": {"seconds": 1, "microseconds": 0}}\n'
    const claim = (filename: string) => `${hello}{"return": [{"label": "qmp", "filename": ${JSON.stringify(filename)}}], "id": "c2"}\n${shutdown}`
    await Promise.all([
      '', '\n\n\n', 'GET / HTTP/1.1\r\n\r\n', '{"QMP": null}\n', Buffer.alloc(100 * mebibyte, 0x61), `${hello}${shutdown.repeat(10_000)}`,
      `${hello}{"return": ${'['.repeat(500_000)}`, `${hello}{"return": ${'['.repeat(400_000)}${']'.repeat(400_000)}, "id": "c2"}\n`,
      claim('unix:/etc/passwd'), claim(`unix:${place.runDir}/../qemu-server/100.qmp`), claim(`unix:${place.runDir}/101.qmp,server=on`), claim('unix:'),
      `${hello}{"return": {"a": 1}, "id": "c1"}\n`, `${hello}{"error": null, "id": "c2"}\n`, claim(terminalTricks),
    ].map(speak))
    expect(isAlive(daemon.pid ?? 0), log).toBe(true)
    expect(peakMemoryMib(daemon.pid)).toBeLessThan(300)
    // Nobody who could not say where its own socket is had a say about guest 100.
    expect(isAlive(place.pidOf(100))).toBe(true)
    expect(log).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)
  }, 30_000)
})
