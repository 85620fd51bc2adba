// Entry 1: names of hosts, users and ports that are meant for another program's command line. Wherever one may be given (a command, the
// environment, contexts.yaml, OpenSSH's files) it is refused before anything is looked up, connected to or run.
import {existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {AppError} from '../../src/lib/base/index.ts'
import {connectSsh} from '../../src/lib/host/ssh/index.ts'
import {hostileCharacters, randomText} from '../support/hostile-text.ts'
import {randomSource, scaledCount} from '../support/rounds.ts'
import {deskWith, expectHarmless} from './support/far-host.ts'

const marker = '/tmp/corral-never-made'

const hostileTargets = [
  '-oProxyCommand=touch /tmp/x', `-oProxyCommand=touch${'${IFS}'}${marker}`, '-F/tmp/config', '-', '--', '--version', 'root@-oProxyCommand=x', '-root@h1', '-l@h1',
  'h1:-p', 'h1:0', 'h1:65536', 'h1:22 -oProxyCommand=x', 'h1:2e1', 'h1:0x16', 'h1 h2', 'h1\th2', 'h1\nProxyCommand x', 'root\n@h1', 'h1\r', 'h1\0', ' h1', 'h1 ', '',
  '@', '@h1', 'root@', 'root@@', '[-oX]:22', '[::1', '[::1]:-1', 'ssh://-oX/', 'ssh://h1/../x', 'h1/x', '$(touch x)', '`id`', 'h1;id', 'h1|id', 'h1&', '*', '!h1', '%h', 'h1#x', '~root',
  'h\u202e1', 'h1\u001b]0;x\u0007', '\u2010oProxyCommand=x', 'ｈ１', 'x'.repeat(256), `${'u'.repeat(200)}@h1`,
]
const hostileNames = ['-h1', '--on', '-oX', '', ' ', 'h 1', 'h\n1', '../h1', 'h1/..', 'h_1', 'h1-', '.', '__proto__', 'h\u001b[2J', 'h\u202e1', '$(id)', 'x'.repeat(64)]

describe('a host to be added', () => {
  it.each(hostileTargets)('is refused as %j, and nothing is reached', async (target) => {
    const desk = deskWith(undefined)
    // Behind `--`, so that it cannot be taken for an option either.
    for (const words of [['corral', 'host', 'add', 'h1', '--', target], ['corral', 'host', 'add', 'h1', target]]) {
      // This means only that no options follow.
      if (words.at(-1) === '--' && words.length === 5) continue
      const {code, stdout, stderr} = await desk.run(words)
      expect([code, stdout], stderr).toEqual([2, ''])
      expectHarmless(stderr, JSON.stringify(target))
      expect(stderr.length).toBeLessThan(4096)
    }
    expect(desk.reached).toEqual([])
    expect(existsSync(join(desk.home, '.config/corral/contexts.yaml'))).toBe(false)
  })

  it.each(hostileNames)('is refused with the name %j', async (name) => {
    const desk = deskWith(undefined)
    const {code, stderr} = await desk.run(['corral', 'host', 'add', '--', name, 'root@192.0.2.1'])
    expect(code, stderr).toBe(2)
    expectHarmless(stderr, JSON.stringify(name))
    expect(desk.reached).toEqual([])
  })

  it.each(['-x', '--agent', 'agent', '/tmp/a b', '/tmp/$(id)', '/tmp/`id`', '/tmp/a;b', '/a\nb', '/../etc/x', '/a/../b', '/-rf', '/a\'b', ''])('is refused with the agent %j', async (agent) => {
    const desk = deskWith(undefined)
    const {code, stderr} = await desk.run(['corral', 'host', 'add', 'h1', 'root@192.0.2.1', `--agent=${agent}`])
    expect(code, stderr).toBe(2)
    expectHarmless(stderr, JSON.stringify(agent))
    expect(desk.reached).toEqual([])
  })

  it('is refused for random names that could be words of a command line', async () => {
    const random = randomSource('ssh names')
    const desk = deskWith(undefined)
    for (let round = 0; round < scaledCount(150); round++) {
      const dirt = hostileCharacters[random.between(0, hostileCharacters.length - 1)] ?? ''
      const target = random.between(0, 1) === 0 ? `-${randomText(random, 12)}` : `${randomText(random, 6)}${/[\w.:%@\\-]/.test(dirt) ? ' ' : dirt}${randomText(random, 6)}h`
      if (/^[\w.:%@[\]$+\\/-]*$/.test(target) && !target.startsWith('-')) continue
      const {code, stderr} = await desk.run(['corral', 'host', 'add', 'h1', '--', target])
      expect(code, JSON.stringify(target)).toBe(2)
      expectHarmless(stderr, JSON.stringify(target))
    }
    expect(desk.reached).toEqual([])
  })
})

describe('contexts.yaml', () => {
  const file = (host: object) => `current: lab\ncontexts: {lab: {hosts: [${JSON.stringify(host)}]}}\n`
  it.each(hostileTargets)('with the host %j is refused before anything is reached', async (ssh) => {
    const desk = deskWith(file({name: 'h1', ssh}))
    const {code, stdout, stderr} = await desk.run(['qm', 'list'])
    expect([code, stdout], stderr).toEqual([2, ''])
    expect(stderr).toContain('contexts.yaml is wrong at contexts.lab.hosts[0]')
    expectHarmless(stderr, JSON.stringify(ssh))
    expect(desk.reached).toEqual([])
  })
  it.each(hostileNames)('with the name %j is refused', async (name) => {
    const desk = deskWith(file({name, ssh: 'h1'}))
    const {code, stderr} = await desk.run(['qm', 'list'])
    expect(code, stderr).toBe(2)
    expectHarmless(stderr, JSON.stringify(name))
    expect(desk.reached).toEqual([])
  })
})

describe('the choice of a host', () => {
  it.each(hostileTargets)('%j is no host, no context, and reaches nobody', async (word) => {
    const desk = deskWith('current: lab\ncontexts: {lab: {hosts: [{name: h1, ssh: h1}, {name: h2, ssh: h2}]}}\n')
    const lines: [readonly string[], Readonly<Record<string, string>>][] = [[['qm', 'list', `--on=${word}`], {}], [['qm', 'list', `--context=${word}`], {}], [['qm', 'list'], {CORRAL_CONTEXT: word}]]
    for (const [words, env] of lines) {
      // An empty word in the environment is none at all.
      if (word === '' && words.length === 2) continue
      const {code, stderr} = await desk.run(words, {env})
      expect([2, 3], `${JSON.stringify(words)}: ${stderr}`).toContain(code)
      expectHarmless(stderr, JSON.stringify(words))
    }
    expect(desk.reached).toEqual([])
  })
})

describe("OpenSSH's files", () => {
  /** A server that notes who comes; the configuration leads to it unless it is refused. */
  async function withConfig(text: (port: number) => string): Promise<{error: unknown; visitors: number; made: boolean}> {
    const home = mkdtempSync(join(tmpdir(), 'corral-ssh-names-'))
    onTestFinished(() => { rmSync(home, {recursive: true, force: true}) })
    let visitors = 0
    const server = createServer((socket) => { visitors++; socket.on('error', () => undefined).destroy() })
    await new Promise<void>((done) => { server.listen(0, '127.0.0.1', done) })
    const {port} = server.address() as {port: number}
    mkdirSync(join(home, '.ssh'), {mode: 0o700})
    const path = join(home, '.ssh/config')
    writeFileSync(path, text(port).replaceAll('MADE', join(home, 'made')), {mode: 0o600})
    const error: unknown = await connectSsh({host: 'web'}, {env: {}, home, configFiles: [{path, kind: 'user'}], connectTimeoutMs: 2_000}).then(() => undefined, (reason: unknown) => reason)
    await new Promise((done) => { server.close(done) })
    return {error, visitors, made: existsSync(join(home, 'made'))}
  }

  it.each([
    ['HostName -oProxyCommand=x', /host '-oproxycommand=x'/], ['User -x', /user '-x'/], ['ProxyJump -oProxyCommand=x', /jump hosts/], ['ProxyJump root@-x', /jump hosts/],
    ['ProxyCommand touch MADE', /proxycommand/i], ['Match exec "touch MADE"\n User x', /exec/], ['ProxyUseFdpass yes\n ProxyCommand touch MADE', /proxycommand/i],
  ])('with %s are refused, and nobody is visited', async (words, reason) => {
    const {error, visitors, made} = await withConfig((port) => `Host web\n HostName 127.0.0.1\n Port ${port}\n${words}\n`.replace(/^Host web\n HostName 127.0.0.1\n(.*\nHostName)/s, 'Host web\n$1'))
    expect(error).toBeInstanceOf(AppError)
    expect(`${(error as AppError).message} ${String((error as AppError).cause)}`).toMatch(reason)
    expect([visitors, made]).toEqual([0, false])
  })

  it.each(['LocalCommand touch MADE\n PermitLocalCommand yes', 'KnownHostsCommand /usr/bin/touch MADE', 'RemoteCommand touch MADE', 'PKCS11Provider MADE', 'SecurityKeyProvider MADE', 'XAuthLocation MADE',
  ])('with %s run nothing', async (words) => {
    const {error, made} = await withConfig((port) => `Host web\n HostName 127.0.0.1\n Port ${port}\n User root\n ${words}\n`)
    expect(error).toBeInstanceOf(AppError)
    expect(made).toBe(false)
  })
})
