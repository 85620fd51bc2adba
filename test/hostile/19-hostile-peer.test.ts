// Entries 19 and 20 for the two ends of a connection: a host that its owner has lost, and a client that is none. Whatever they say, our side
// ends in time with an error in words, takes little memory, and gives a terminal nothing that it would obey.
import {spawn} from 'node:child_process'
import {mkdirSync, readFileSync, readdirSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {AppError, ConflictError} from '../../src/lib/base/index.ts'
import type {Method} from '../../src/lib/host/protocol/index.ts'
import {encodeFrame, frameTypes, greeting, maxPayloadBytes} from '../../src/lib/host/protocol/frames.ts'
import {installedAgent} from '../support/built-agent.ts'
import {randomSource, scaledCount} from '../support/rounds.ts'
import {openSshLab} from '../support/ssh-lab.ts'
import type {SshLab} from '../support/ssh-lab.ts'
import {deskWith, expectHarmless, farAgent} from './support/far-host.ts'

const tricks = '\u001b]0;owned\u0007\u001b]52;c;cm0=\u0007\u001b[2J\u009b31m\r\nTASK OK\u202e\u0000\b\u2066x'
const upid = 'UPID:h1:00001000:00000001:65000000:qmstart:100:root@pam:'
const one = 'current: lab\ncontexts: {lab: {hosts: [{name: h1, ssh: h1}]}}\n'
const two = 'current: lab\ncontexts: {lab: {hosts: [{name: h1, ssh: h1}, {name: h2, ssh: h2}]}}\n'

const hello: Method = async () => ({protocol: 1, version: '1', node: 'h1', user: 'root@pam', isRoot: true, places: {stateDir: '/a', runDir: '/b', logDir: '/c'}})
const row = {vmid: 100, name: tricks, status: tricks, qmpstatus: tricks, maxmem: 1, maxdisk: tricks, [tricks]: tricks, volid: tricks, storage: tricks, type: tricks, upid: tricks, node: tricks, content: tricks, format: tricks}
const trickedError = new ConflictError(tricks, {cause: new Error(tricks, {cause: new Error(tricks)}), nextSteps: [tricks], data: {vmid: tricks, [tricks]: tricks}})

const reads: readonly (readonly string[])[] = [
  ['qm', 'list'], ['qm', 'config', '100'], ['qm', 'pending', '100'], ['qm', 'status', '100'], ['qm', 'status', '100', '--verbose'], ['qm', 'showcmd', '100'], ['pvesm', 'status'], ['pvesm', 'list', 'local'],
  ['pvesm', 'path', 'local:100/x.raw'], ['pvenode', 'task', 'list'], ['pvenode', 'task', 'log', upid], ['pvenode', 'task', 'status', upid], ['corral', 'doctor'], ['corral', 'host', 'check'], ['corral', 'host', 'check', 'h1'],
]
const tasks: readonly (readonly string[])[] = [['qm', 'start', '100'], ['qm', 'start', '100', '--async'], ['qm', 'create', '100'], ['qm', 'destroy', '100']]
const formats = [[], ['--output-format', 'json'], ['--output-format', 'json-pretty'], ['--output-format', 'yaml']] as const

/** What a host may answer: each is given for every question. */
const answers: Readonly<Record<string, Readonly<Record<string, Method>>>> = {
  'tricks in every row': {run: async () => ({outcome: 'done', result: [row, row]})},
  'tricks in every field': {run: async () => ({outcome: 'done', result: row})},
  'tricks as the result': {run: async () => ({outcome: 'done', result: tricks})},
  'tricks as lines': {run: async () => ({outcome: 'done', result: [tricks, tricks]})},
  'nothing': {run: async () => ({outcome: 'done', result: null})},
  'a number': {run: async () => ({outcome: 'done', result: -1e308})},
  'lists in lists': {run: async () => ({outcome: 'done', result: [[[tricks]], {}, [], null, 7]})},
  'objects in objects': {run: async () => ({outcome: 'done', result: [{vmid: {a: tricks}, name: [tricks], status: {}, constructor: {}, toString: 7, length: -1}]})},
  'keys of JavaScript': {run: async () => ({outcome: 'done', result: JSON.parse('[{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}]') as unknown})},
  'many rows': {run: async () => ({outcome: 'done', result: Array.from({length: 20_000}, (_, vmid) => ({vmid, name: tricks}))})},
  'no outcome': {run: async () => tricks},
  'a plan that was not asked for': {run: async () => ({outcome: 'planned', plan: {steps: [tricks]}, lines: [tricks]})},
  'an error full of tricks': {run: async () => { throw trickedError }, facts: async () => { throw trickedError }},
  'a kind of error that is none': {run: async () => { throw new AppError(tricks as 'tool', tricks) }},
  'a log full of tricks': {run: async (_params, {emit}) => {
    for (const level of ['warn', 'notice', 'info']) await emit({level, text: tricks})
    await emit({level: 'progress', what: tricks, done: 1, total: 2})
    return {outcome: 'done', result: [row]}
  }},
  'a log that is none': {run: async (_params, {emit}) => { await emit({level: tricks, text: 7}); return {outcome: 'done', result: []} }},
  'a log of many lines': {run: async (_params, {emit}) => {
    for (let line = 0; line < 5_000; line++) await emit({level: 'info', text: tricks})
    return {outcome: 'done', result: []}
  }},
}
const taskAnswers: Readonly<Record<string, Readonly<Record<string, Method>>>> = {
  'tricks as its id': {startTask: async () => tricks, followTask: async () => ({status: tricks})},
  'no id': {startTask: async () => ({}), followTask: async () => ({status: 'OK'})},
  'an endless id': {startTask: async () => 'U'.repeat(100_000)},
  'tricks in its log and its end': {
    startTask: async () => upid,
    followTask: async (_params, {emit}) => {
      await emit({lines: [tricks, {what: tricks, percent: 50}, {what: tricks, percent: 1e308}], offset: -1})
      return {status: tricks, errorKind: tricks, sentences: [tricks, tricks], nextSteps: [tricks, 7], data: {[tricks]: tricks}, result: row}
    },
  },
  'a log that is none': {startTask: async () => upid, followTask: async (_params, {emit}) => { await emit({lines: tricks}); return {status: 'OK'} }},
  'an end that is none': {startTask: async () => upid, followTask: async () => [tricks]},
  'an error instead of an end': {startTask: async () => upid, followTask: async () => { throw trickedError }},
  'a refusal': {startTask: async () => { throw trickedError }},
}
const facts: Method = async () => ({
  node: tricks, version: tricks, user: tricks, isRoot: tricks, system: tricks, kernel: tricks, architecture: tricks, nodeVersion: tricks, cpus: tricks, memoryBytes: -1, qemu: tricks, lxc: {}, kvm: {usable: 1, reason: tricks},
  cgroups: tricks, storageTools: [tricks, 7], disk: tricks, missingPackages: [{package: '-x; reboot', neededFor: tricks}, {package: 'lvm2', neededFor: tricks}], problems: [tricks, {}],
})

describe('a hostile host', () => {
  it.each(Object.keys(answers))('that answers with %s', async (name) => {
    const end = farAgent({hello, facts, ...answers[name]})
    // Long ones are shown once: how they are cut and cleaned does not depend on the command.
    for (const words of /many/.test(name) ? reads.slice(0, 1) : reads) {
      for (const format of words[0] === 'qm' && words[1] === 'list' ? formats : [formats[0]]) {
        for (const contexts of words[1] === 'list' ? [one, two] : [one]) {
          const what = `${[...words, ...format].join(' ')} of ${contexts === two ? 'two hosts' : 'one host'}`
          const {code, stdout, stderr} = await deskWith(contexts, {h1: end, h2: end}).run([...words, ...format])
          expect(stderr, what).not.toMatch(/fault in Corral|\n\s+at /)
          expect(code, `${what}: ${stderr}`).not.toBe(1)
          expectHarmless(stdout, what)
          expectHarmless(stderr, what)
        }
      }
    }
    expect(({} as {polluted?: boolean}).polluted).toBeUndefined()
  }, 60_000)

  it.each(Object.keys(taskAnswers))('that answers to a task with %s', async (name) => {
    const desk = deskWith(one, {h1: farAgent({hello, ...taskAnswers[name]})})
    for (const words of tasks) {
      const {code, stdout, stderr} = await desk.run(words)
      expect(stderr, words.join(' ')).not.toMatch(/fault in Corral|\n\s+at /)
      expect(code, `${words.join(' ')}: ${stderr}`).not.toBe(1)
      expectHarmless(stdout, words.join(' '))
      expectHarmless(stderr, words.join(' '))
    }
  }, 60_000)

  it.each(formats.map((format) => format.join(' ')))('that plans with tricks is shown harmlessly %s', async (words) => {
    const format = words === '' ? [] : words.split(' ')
    const plan = {whenInterrupted: tricks, steps: [{do: {kind: tricks, [tricks]: tricks}}], result: row}
    const end = farAgent({hello, run: async () => ({outcome: 'planned', plan, lines: [tricks, 7, {}]})})
    const {code, stdout, stderr} = await deskWith(one, {h1: end}).run(['qm', 'create', '100', '--dry-run', ...format])
    expect(code, stderr).toBe(0)
    expectHarmless(stdout, format.join(' '))
    expectHarmless(stderr, format.join(' '))
  })

  it('is not written down by a name that is none', async () => {
    for (const node of [tricks, '-x', '../h1', '', 'a b', 'x'.repeat(64), '__proto__']) {
      const desk = deskWith(undefined, {h1: farAgent({hello: async () => ({...await hello({}, undefined as never) as object, node}), facts})})
      const {code, stderr} = await desk.run(['corral', 'host', 'add', 'h1', 'root@192.0.2.1'])
      expect(code, `${JSON.stringify(node)}: ${stderr}`).not.toBe(0)
      expect(stderr).not.toMatch(/fault in Corral/)
      expectHarmless(stderr, JSON.stringify(node))
    }
  })

  it('that greets with anything ends with an error that says so', async () => {
    for (const value of [null, 7, tricks, [], {}, {protocol: tricks}, {protocol: 1}, {protocol: 1, version: 1, node: {}, user: []}, {...await hello({}, undefined as never) as object, places: tricks}]) {
      const {code, stderr} = await deskWith(one, {h1: farAgent({hello: async () => value})}).run(['qm', 'list'])
      expect([2, 5, 7], `${JSON.stringify(value)}: ${stderr}`).toContain(code)
      expectHarmless(stderr, JSON.stringify(value))
    }
  })

  it('that talks without end can be stopped, and takes no memory meanwhile', async () => {
    const stop = new AbortController()
    let sent = 0
    const end = farAgent({hello, run: async (_params, {emit, signal}) => {
      while (!signal.aborted) { await emit({level: 'info', text: 'x'.repeat(60_000)}); sent += 60_000 }
      throw new AppError('cancelled', 'stopped')
    }})
    const before = process.memoryUsage().rss
    const running = deskWith(one, {h1: end}).run(['qm', 'list'], {signal: stop.signal})
    await expect.poll(() => sent, {timeout: 60_000}).toBeGreaterThan(300_000_000)
    stop.abort()
    expect((await running).code).not.toBe(0)
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 ** 2)
  }, 90_000)
})

describe('a real server with something else than our agent behind it', () => {
  const header = (length: number, type: number) => `printf 'corral/1\\n\\${(length >>> 24).toString(8)}\\${((length >>> 16) & 255).toString(8)}\\${((length >>> 8) & 255).toString(8)}\\${(length & 255).toString(8)}\\${type.toString(8)}\\0\\0\\0\\1'`
  const agents: Readonly<Record<string, readonly [script: string, said: RegExp]>> = {
    'lines without end': ['exec yes', /what answered is not Corral/],
    'zeros without end': ['exec cat /dev/zero', /what answered is not Corral/],
    'zeros behind the greeting': ["printf 'corral/1\\n'; exec cat /dev/zero", /no frame of type 0/],
    'random bytes behind the greeting': ["printf 'corral/1\\n'; exec cat /dev/urandom", /broke the protocol/],
    'a frame of 4 GiB': [`${header(0xffffffff, 6)}; exec cat /dev/zero`, /announced a frame of 4294967295 bytes/],
    'a frame one byte too long': [`${header(maxPayloadBytes + 1, 3)}; exec cat /dev/zero`, /announced a frame of 1048577 bytes/],
    'an answer of no JSON': [`${header(16, 3)}; exec cat /dev/zero`, /broke the protocol: an answer is no JSON/],
    'a later version': ["printf 'corral/2\\n'; exec sleep 60", /newer version[^]*version 2 of the protocol[^]*Update Corral on this machine/],
    'an older version': ["printf 'corral/0\\n'; exec sleep 60", /another version[^]*version 0 of the protocol[^]*corral host update h1/],
    'a greeting of the login': ["printf 'Last login: \\033[31mnever\\n'; exec sleep 60", /Last login: \\x1B\[31mnever/],
    'errors without end': ["printf '\\033]0;owned\\007' >&2; yes 'no agent \\033[2J' >&2", /did not answer within 20 s/],
    'nothing at all': ['exec sleep 60', /did not answer within 20 s/],
    'an error in colours': ["printf '\\033[31mnot today\\033[2J\\n' >&2; exit 3", /could not be started\n {2}\\x1B\[31mnot today/],
  }
  let lab: SshLab
  beforeAll(async () => { lab = await openSshLab({hosts: ['h1']}) }, 60_000)
  afterAll(async () => { await lab.close() }, 60_000)

  it.concurrent.each(Object.keys(agents))('%s', {timeout: 120_000}, async (name) => {
    const [script, said] = agents[name] ?? ['', /never/]
    const folder = join(lab.folder, `desk-${Object.keys(agents).indexOf(name)}`)
    mkdirSync(join(folder, 'corral'), {recursive: true, mode: 0o700})
    const agent = join(folder, 'agent')
    writeFileSync(agent, `#!/bin/sh\n${script}\n`, {mode: 0o755})
    writeFileSync(join(folder, 'corral/contexts.yaml'), `current: lab\ncontexts: {lab: {hosts: [{name: h1, ssh: h1, agent: ${agent}}]}}\n`, {mode: 0o600})
    const child = spawn(resolve(import.meta.dirname, '../../bin/qm'), ['list'], {
      stdio: ['ignore', 'pipe', 'pipe'], env: {PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', HOME: lab.home, XDG_CONFIG_HOME: folder, CORRAL_ROOT: join(folder, 'root'), CORRAL_NODE: 'desk', CORRAL_KEEPER: 'no'},
    })
    let [stdout, stderr, peakMib] = ['', '', 0]
    child.stdout.on('data', (data: Buffer) => { stdout += data.toString() })
    child.stderr.on('data', (data: Buffer) => { stderr += data.toString() })
    const timer = setInterval(() => { peakMib = Math.max(peakMib, peakMemoryMib(child.pid)) }, 50)
    const code = await new Promise<number | null>((done) => { child.once('close', done) })
    clearInterval(timer)
    expect([2, 3, 5, 7], stderr).toContain(code)
    expect(stdout).toBe('')
    expect(stderr).toMatch(said)
    expect(stderr.length).toBeLessThan(8_000)
    expectHarmless(stderr, name)
    expect(peakMib).toBeLessThan(250)
  })
})

describe('a hostile client', () => {
  const header = (length: number, type: number, id = 1) => {
    const bytes = Buffer.alloc(9)
    bytes.writeUInt32BE(length, 0)
    bytes.writeUInt8(type, 4)
    bytes.writeUInt32BE(id, 5)
    return Buffer.concat([greeting, bytes])
  }
  const request = (id: number, method: unknown, params: unknown = {}) => encodeFrame('request', id, Buffer.from(JSON.stringify({method, params})))
  const random = randomSource('hostile client')
  const noise = (bytes: number) => Buffer.from(Array.from({length: bytes}, () => random.between(0, 255)))
  const clients: Readonly<Record<string, Buffer>> = {
    'no greeting': Buffer.alloc(1_000_000, 'GET / HTTP/1.1\r\n'),
    'a greeting without end': Buffer.concat([Buffer.from('corral/'), Buffer.alloc(1_000_000, '1')]),
    'an older version': Buffer.from('corral/0\n'),
    'a later version': Buffer.from('corral/2\n'),
    'a frame of 4 GiB': Buffer.concat([header(0xffffffff, 1), Buffer.alloc(4_000_000)]),
    'a frame of no type': header(0, 99),
    'a call without JSON': Buffer.concat([greeting, encodeFrame('request', 1, noise(1000))]),
    'a call nested without end': Buffer.concat([greeting, encodeFrame('request', 1, Buffer.from(`{"method":"run","params":${'['.repeat(500_000)}`))]),
    'more calls than allowed': Buffer.concat([greeting, ...Array.from({length: 400}, (_, n) => request(n + 1, 'facts'))]),
    'streams without end': Buffer.concat([greeting, ...Array.from({length: 400}, (_, n) => encodeFrame('stream-credit', 2 * n + 1, Buffer.from([0, 1, 0, 0])))]),
    'answers to nothing': Buffer.concat([greeting, encodeFrame('response', 7, Buffer.from('{"result":{}}'))]),
    'noise behind the greeting': Buffer.concat([greeting, noise(200_000)]),
  }

  it.each(Object.keys(clients))('%s: it is told why, and the agent ends, having done nothing', {timeout: 60_000}, async (name) => {
    const {root, program} = installedAgent()
    const before = readdirSync(root, {recursive: true}).length
    const child = spawn(program, ['--stdio'], {stdio: ['pipe', 'pipe', 'ignore'], env: {PATH: process.env['PATH'] ?? ''}})
    child.stdin.on('error', () => undefined)
    let said = Buffer.alloc(0)
    let peakMib = 0
    child.stdout.on('data', (chunk: Buffer) => { said = Buffer.concat([said, chunk]).subarray(0, 1_000_000) })
    const timer = setInterval(() => { peakMib = Math.max(peakMib, peakMemoryMib(child.pid)) }, 50)
    // It does not hang up: the agent does.
    child.stdin.write(clients[name])
    const code = await new Promise<number | null>((done) => { child.once('exit', done) })
    clearInterval(timer)
    expect(code).toBe(0)
    expect(said.subarray(0, greeting.length)).toEqual(greeting)
    expect(said.toString('latin1')).toMatch(/broke the protocol|not Corral|version [02] of the protocol/)
    expect(peakMib).toBeLessThan(250)
    if (name !== 'more calls than allowed') expect(readdirSync(root, {recursive: true})).toHaveLength(before)
  })

  it('of random frames: the agent answers or hangs up, and lives or ends well', {timeout: 120_000}, async () => {
    const methods = ['hello', 'run', 'startTask', 'followTask', 'stopTask', 'prepareTerminal', 'terminalEnd', 'facts', '__proto__', 'constructor', '', 7, null, tricks]
    const values = [null, 7, tricks, [], {}, {command: 'qm list', params: {}}, {command: '../x', params: {}}, {command: 'qm start', params: {vmid: -1}, dryRun: 'x'}, {upid: '../../etc/passwd', fromByte: 1e308}, {token: 'x'.repeat(1000)}, {command: '__proto__'}]
    for (let round = 0; round < scaledCount(3); round++) {
      const {program} = installedAgent()
      const child = spawn(program, ['--stdio'], {stdio: ['pipe', 'pipe', 'ignore'], env: {PATH: process.env['PATH'] ?? ''}})
      child.stdin.on('error', () => undefined)
      child.stdout.resume()
      const frames = Array.from({length: 40}, (_, n) => random.between(0, 5) > 0 ? request(n + 1, methods[random.between(0, methods.length - 1)], values[random.between(0, values.length - 1)])
        : encodeFrame(frameTypes[random.between(0, 11)] ?? 'ping', random.between(0, 50), noise(random.between(0, 40))))
      child.stdin.end(Buffer.concat([greeting, ...frames]))
      expect(await new Promise<number | null>((done) => { child.once('exit', done) })).toBe(0)
    }
  })
})

function peakMemoryMib(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid ?? 0}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
