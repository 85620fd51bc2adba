// Entry 20: an agent in a guest that says anything, for as long as it likes. What asks it ends in time, in bounded memory, and prints nothing that a
// terminal would obey; what only passes by (status, list, snapshots) goes on without it; and it keeps nobody from ending its guest.
import {mkdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {placesFromEnvironment} from '../../src/lib/base/index.ts'
import {freezeGuest, thawGuest} from '../../src/lib/guest/qemu/agent/freezing.ts'
import {FakeAgent, RawAnswer, refused, silent, type AgentAnswer} from '../support/fake-agent.ts'
import {FakeQmpServer} from '../support/fake-qmp-server.ts'
import {pretendRunning} from '../unit/guest/qemu/support/pretend-running.ts'
import {pretendWatched} from '../unit/guest/qemu/support/pretend-watched.ts'
import {machineRoom} from '../unit/guest/qemu/support/run-qm.ts'
import type {Answer, Installation} from '../e2e/support/installation.ts'
import {failureOf} from './support/in-process.ts'
import {expectNoFault, installation} from './support/program.ts'
import {typed} from './support/typed.ts'

const mebibyte = 1024 ** 2
const tricks = '\u001b]52;c;cm0=\u0007\u001b[2J\u202e\r\nTASK OK\n\u009b'
const nested = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`
const asked = [
  'guest-ping', 'guest-get-osinfo', 'guest-get-host-name', 'guest-network-get-interfaces', 'guest-exec', 'guest-exec-status', 'guest-set-user-password', 'guest-fsfreeze-status',
  'guest-fsfreeze-freeze', 'guest-fsfreeze-thaw',
]
const everywhere = (answer: AgentAnswer) => Object.fromEntries(asked.map((name) => [name, answer]))

const agents: Readonly<Record<string, Readonly<Record<string, AgentAnswer>>>> = {
  'says nothing': {'guest-sync-delimited': () => silent},
  'never answers': everywhere(() => silent),
  'hangs up': everywhere((_args, socket) => { socket.destroy(); return silent }),
  'sends broken JSON': everywhere(() => new RawAnswer('{"return": {"a": \u001b[2J\n')),
  'answers nested without end': everywhere(() => new RawAnswer(`{"return": ${nested}}\n`)),
  'answers with endless words': everywhere(() => 'w'.repeat(8 * mebibyte)),
  'answers with 100 MB': everywhere(() => new RawAnswer(`{"return": "${'x'.repeat(100 * mebibyte)}"}\n`)),
  'answers with null': everywhere(() => null),
  'answers with numbers': everywhere(() => -1e308),
  'answers with lists': everywhere(() => [null, [], 1, {name: {}, 'ip-addresses': 7}]),
  'answers with what a terminal obeys': everywhere(() => ({[tricks]: tricks, pid: 7, exited: true, 'out-data': Buffer.from(tricks).toString('base64'), 'host-name': tricks, 'pretty-name': tricks})),
  'refuses with what a terminal obeys': everywhere(() => refused(tricks, tricks)),
  'answers with properties of JavaScript': everywhere(() => new RawAnswer('{"return": {"__proto__": {"pid": 5, "exited": true}, "constructor": 1, "toString": 1}}\n')),
  'answers another question': {'guest-sync-delimited': () => new RawAnswer(Buffer.concat([Buffer.from([0xff]), Buffer.from('{"return": 5}\n')]))},
}

/** A process that is not QEMU at all in the place of a guest, with this agent. */
async function takeOver(root: string, vmid: number, answers: Readonly<Record<string, AgentAnswer>>): Promise<void> {
  const folder = join(root, 'run/qemu-server')
  mkdirSync(folder, {recursive: true, mode: 0o700})
  onTestFinished(await pretendRunning(vmid, {places: placesFromEnvironment({CORRAL_ROOT: root})}))
  const monitor = new FakeQmpServer({answers: {'query-status': {status: 'running'}, 'query-blockstats': []}})
  await monitor.listen(join(folder, `${vmid}.qmp`))
  onTestFinished(() => monitor.close())
  const agent = await new FakeAgent(answers).listen(join(folder, `${vmid}.qga`))
  onTestFinished(() => agent.close())
}

/** Runs a command and watches how much memory it takes. */
async function watched(place: Installation, words: readonly string[], input = ''): Promise<Answer & {peakMib: number}> {
  const startedAt = performance.now()
  const child = place.spawn('qm', words)
  let [stdout, stderr, peakMib] = ['', '', 0]
  child.stdout.on('data', (data: Buffer) => { stdout += data.toString() })
  child.stderr.on('data', (data: Buffer) => { stderr += data.toString() })
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const timer = setInterval(() => {
    try {
      peakMib = Math.max(peakMib, Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8'))?.[1] ?? 0) / 1024)
    } catch { /* It has ended. */ }
  }, 20)
  const giveUp = setTimeout(() => child.kill('SIGKILL'), 40_000)
  const code = await new Promise<number | null>((resolve) => { child.once('close', resolve) })
  clearInterval(timer)
  clearTimeout(giveUp)
  return {code, stdout, stderr, tookMs: performance.now() - startedAt, peakMib}
}

function expectTame(answer: Answer, what: string): void {
  expectNoFault(answer, what)
  expect(answer.tookMs, what).toBeLessThan(25_000)
  expect(answer.stdout + answer.stderr, what).not.toMatch(/[^\P{Cc}\n\t]|\p{Cf}/u)
}

describe('an agent that misbehaves', () => {
  it('ends what asks it in time, and what passes by goes on', async () => {
    const {root, open} = await machineRoom()
    const context = await open()
    for (const [index, answers] of Object.values(agents).entries()) {
      await context.store.commit({put: {[`nodes/${context.node}/qemu-server/${100 + index}.conf`]: 'memory: 32\nagent: 1\n'}})
      await takeOver(root, 100 + index, answers)
    }
    const lists = [['list', '--full'], ['list', '--full', '--output-format', 'json']].map(async (words) => {
      const answer = await typed(['qm', ...words], root)
      expectTame(answer, words.join(' '))
      expect([answer.code, answer.stdout.length < 20_000], answer.stderr).toEqual([0, true])
    })
    await Promise.all([...lists, ...Object.keys(agents).map(async (what, index) => {
      const vmid = String(100 + index)
      for (const words of [['cmd', vmid, 'get-osinfo'], ['exec', vmid, '--timeout', '1', '--', 'true']]) {
        const answer = await typed(['qm', 'guest', ...words], root)
        if (what !== 'answers with endless words') expectTame(answer, `${what}: ${words.join(' ')}`)
        expect([0, 5, 7], `${words.join(' ')}: ${answer.stderr}`).toContain(answer.code)
      }
      const status = await typed(['qm', 'status', vmid, '--verbose'], root)
      expectTame(status, what)
      expect([status.code, status.stdout.length < 10_000], status.stderr).toEqual([0, true])
    })])
  }, 120_000)

  it.each(['answers with 100 MB', 'never answers'])('%s: takes neither much memory nor much time of ours', async (what) => {
    const place = installation()
    await place.create(100, {options: ['--agent', '1']})
    await takeOver(place.root, 100, agents[what] ?? {})
    for (const words of [['guest', 'passwd', '100', 'root'], ['status', '100', '--verbose']]) {
      const answer = await watched(place, words, 'hunter22\n')
      expectTame(answer, what)
      expect(answer.peakMib).toBeLessThan(300)
      expect(answer.stdout + answer.stderr).not.toContain('hunter22')
      expect(answer.code).toBe(words[0] === 'status' ? 0 : 7)
    }
  }, 60_000)

  it.each(Object.entries(agents))('%s: freezing goes on without it, and nothing is kept from ending its guest', async (_what, answers) => {
    const room = await machineRoom()
    const context = await room.open()
    await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': 'agent: 1\n'}})
    const end = await pretendRunning(100, context)
    onTestFinished(end)
    const monitor = new FakeQmpServer({answers: {'query-status': {status: 'running'}}})
    await monitor.listen(join(room.root, 'run/qemu-server/100.qmp'))
    const agent = await new FakeAgent(answers).listen(join(room.root, 'run/qemu-server/100.qga'))
    const watch = await pretendWatched(context)
    onTestFinished(async () => { await watch.end(); await agent.close(); await monitor.close() })
    const limits = {thereMs: 300, freezeMs: 300, thawMs: 500, othersMs: 300}
    const startedAt = performance.now()
    await freezeGuest(100, 60_000, context, limits)
    await thawGuest(100, context, limits)
    // An answer to a thaw may take ten seconds, whoever waits for it.
    expect(performance.now() - startedAt).toBeLessThan(30_000)
    for (const line of room.lines) expect(line).not.toMatch(/[^\P{Cc}\n\t]|\p{Cf}/u)
    await monitor.close()
    expect(await failureOf(['qm', 'stop', '100'], context)).toBeUndefined()
  }, 60_000)
})
