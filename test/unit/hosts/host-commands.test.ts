// `corral host …` against a host that is a table: what is looked at, what is planned, what is done in which order, and words of a hostile host.
import {mkdtemp, readFile, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, onTestFinished, test} from 'vitest'
import {ForbiddenError, UnavailableError, errorChain, errorKind, systemClock, type AppError, type Clock} from '../../../src/lib/base/index.ts'
import {catalog} from '../../../src/lib/catalog.ts'
import {runWords} from '../../../src/lib/cli/run-words.ts'
import type {Surroundings} from '../../../src/lib/cli/surroundings.ts'
import {localContext} from '../../../src/lib/tasks/index.ts'
import {FakeServer, fakeConnector} from '../../support/fake-ssh-server.ts'
import {FakeClock} from '../cli/contexts/support.ts'

async function desk(server: FakeServer, clock: Clock = systemClock) {
  const home = await mkdtemp(join(tmpdir(), 'corral-desk-'))
  onTestFinished(() => rm(home, {recursive: true, force: true}))
  const run = async (line: string) => {
    const done = {code: undefined as number | undefined, error: undefined as unknown, stdout: '', stderr: ''}
    // Somebody who is not root and has no installation: these commands need none.
    const env = {HOME: home, CORRAL_NODE: 'desk'}
    const signal = new AbortController().signal
    const surroundings: Surroundings = {
      catalog, aliases: {}, signal, env, hosts: async () => fakeConnector(server),
      streams: {stdout: {write: (text) => { done.stdout += text }}, stderr: {write: (text) => { done.stderr += text }}},
      terminal: () => { throw new Error('no terminal') },
      services: async () => ({
        withContext: async (wishes, work) => {
          const {context, close} = await localContext({env, catalog, workerArgv: [], uid: 65_534, clock, ...wishes})
          try { return await work(context) } finally { await close() }
        },
      }),
    }
    try { done.code = await runWords(line.split(' '), surroundings) } catch (error) { done.error = error }
    return done
  }
  return {run, file: join(home, '.config/corral/contexts.yaml')}
}

describe('corral host add', () => {
  test('installs the agent, what starts it last, and writes the host down with the name that it has for itself', async () => {
    const server = new FakeServer()
    const {run, file} = await desk(server)
    const {code, error, stderr} = await run('host add h1 root@192.0.2.1')
    expect([error, code]).toEqual([undefined, 0])
    expect(server.done).toEqual(['libexec/x', 'corral-agent.mjs', 'corral-agent'].map((name) => `upload /usr/local/lib/corral/${name}`))
    expect(await readFile(file, 'utf8')).toContain('node: n1')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(stderr).toBe('Warning: h1: \\x1B]0;owned\\x07\n')
    server.done.length = 0
    await run('host add h1 root@192.0.2.1')
    expect(server.done).toEqual([])
    expect((await run('host list --noheader')).stdout).toMatch(/^default +h1 +root@192\.0\.2\.1 +n1 +1 *\n$/)
  })

  test('without Node.js says what to do; --setup installs it with what else is missing', async () => {
    const server = new FakeServer()
    server.node = 'v18.19.0'
    server.has.delete('qemu-img')
    const {run} = await desk(server)
    const {error} = await run('host add h1 a')
    expect([errorKind(error), (error as AppError).nextSteps[0]]).toEqual(['not-found', 'Let it be installed: corral host add h1 a --setup'])
    const dry = await run('host add h1 a --setup --dry-run')
    expect(dry.stdout.split('\n').slice(0, 2)).toEqual(['ssh a apt-get -y update', 'ssh a apt-get -y --no-install-recommends install nodejs qemu-utils'])
    expect(server.done).toEqual([])
    expect((await run('host add h1 a --setup')).code).toBe(0)
    expect(server.done.slice(0, 2)).toEqual(['update', 'install nodejs qemu-utils'])
  })

  test('where the packages hold an old Node.js only, says so before anything is done, or as soon as it is known', async () => {
    const server = new FakeServer()
    server.node = 'v18.20.4'
    server.offered = ['18.20.4+dfsg-1', '18.20.4+dfsg-1']
    const {run} = await desk(server)
    for (const line of ['host add h1 a', 'host add h1 a --setup', 'host add h1 a --setup --dry-run']) {
      const {error} = await run(line)
      expect((error as Error).message).toBe('h1 has no Node.js 20.19 or later, which the agent needs: it has 18.20.4 and its Debian offers 18.20.4+dfsg-1')
      expect((error as AppError).nextSteps).toEqual([expect.stringContaining('Debian 13'), expect.stringMatching(/usr\/local.* corral host add h1 a --setup$/)])
    }
    expect(server.done).toEqual([])
    server.node = ''
    server.offered = ['', '18.20.4+dfsg-1']
    const {error} = await run('host add h1 a --setup')
    expect(errorKind(error)).toBe('not-found')
    expect((error as Error).message).toContain('its Debian offers 18.20.4')
    expect(server.done).toEqual(['update'])
  })

  test('--setup gives root the id ranges that it lacks; without it they are left alone', async () => {
    const server = new FakeServer()
    server.idLines.clear()
    server.idLines.add('subuids=kim:100000:65536').add('subgids=root:165536:65536')
    const {run} = await desk(server)
    expect((await run('host add h1 a --setup --dry-run')).stdout.split('\n')[0]).toBe('ssh a usermod --add-subuids 231072-296607 root')
    expect((await run('host add h1 a')).code).toBe(0)
    expect(server.done.join()).not.toContain('ranges')
    server.done.length = 0
    expect((await run('host add h1 a --setup')).code).toBe(0)
    expect(server.done).toEqual(['ranges subuids 231072-296607'])
  })

  test('repeated, has nothing to do and says so, also in a dry run', async () => {
    const server = new FakeServer()
    const {run, file} = await desk(server)
    await run('host add h1 a --setup')
    const before = await stat(file)
    server.done.length = 0
    const again = await run('host add h1 a --setup')
    expect([again.code, again.stderr, server.done]).toEqual([0, 'Warning: h1: \\x1B]0;owned\\x07\nh1 is ready and written down already: nothing to do.\n', []])
    expect((await run('host add h1 a --setup --dry-run')).stdout).toBe('Nothing would be changed.\n')
    expect((await stat(file)).mtimeMs).toBe(before.mtimeMs)
    expect((await run('host add h1 b --dry-run')).stdout).toContain('+        ssh: b')
  })

  test('refuses another architecture, and tells a host’s error without its escape sequences', async () => {
    const server = new FakeServer()
    const {run} = await desk(server)
    server.architecture = '\u001b[2Jriscv64'
    expect((await run('host add h1 a')).error).toMatchObject({kind: 'unsupported', message: expect.not.stringMatching(/[\u0000-\u001f]/) as string})
    server.failing = {stderr: 'sh: \u001b[31mbroken\n'}
    const {error} = await run('host add h1 a')
    expect([errorKind(error), errorChain(error).join()]).toEqual(['tool', 'looking at the host failed on h1: sh: \\x1B[31mbroken'])
  })

  test('finds that the files on the host are not those that were sent, and does not write it down', async () => {
    const server = new FakeServer()
    server.damages = true
    const {run, file} = await desk(server)
    const {error} = await run('host add h1 a')
    expect([errorKind(error), (error as AppError).message]).toEqual(['tool', "the agent's files on h1 are not those that were sent"])
    await expect(readFile(file, 'utf8')).rejects.toThrow(/ENOENT/)
  })

  test.each([['9.10.0', true], ['10.0.0-rc.1', true], ['9.8.9', false], ['9.9.0', false], ['', false], ['new \u001b[2J', false], ['99', false]])('leaves the agent %j alone if it is newer than 9.9.0: %s', async (version, stays) => {
    const server = new FakeServer()
    server.agent = version
    const {run} = await desk(server)
    const {code, error, stderr} = await run('host add h1 a')
    expect([error, code]).toEqual([undefined, 0])
    expect(server.done).toHaveLength(stays ? 0 : 3)
    expect(stderr.includes(`h1 has the agent ${version}, which is newer than this Corral (9.9.0); it stays`)).toBe(stays)
    expect((await run('host update h1')).code).toBe(0)
    expect(server.done).toHaveLength(stays ? 0 : 3)
  })

  test.each(['host add -x a', 'host add h1 -oProxyCommand=id', 'host add h1 a --agent /tmp/x;id', 'host add h1 a b'])('refuses %s', async (line) => {
    const server = new FakeServer()
    expect(errorKind((await (await desk(server)).run(line)).error)).toBe('invalid-input')
    expect(server.done).toEqual([])
  })
})

describe('a host with the Debian package', () => {
  test('of this version is worked with by the agent of the package, which nothing writes to or removes', async () => {
    const server = new FakeServer()
    server.packaged = '9.9.0'
    const {run, file} = await desk(server)
    expect((await run('host add h1 a')).code).toBe(0)
    expect(await readFile(file, 'utf8')).toContain('agent: /usr/lib/corral/agent/corral-agent')
    for (const line of ['host add h1 a', 'host update h1', 'host remove h1']) expect((await run(line)).code, line).toBe(0)
    expect(server.done).toEqual([])
  })

  test.each(['9.8.0', '9.10.0'])('of version %s gets an agent of its own below /usr/local, which is removed again', async (version) => {
    const server = new FakeServer()
    server.packaged = version
    const {run, file} = await desk(server)
    expect((await run('host add h1 a')).code).toBe(0)
    expect(server.done).toEqual(['libexec/x', 'corral-agent.mjs', 'corral-agent'].map((name) => `upload /usr/local/lib/corral/${name}`))
    expect(await readFile(file, 'utf8')).not.toContain('agent:')
    server.done.length = 0
    expect((await run('host remove h1')).code).toBe(0)
    expect(server.done).toEqual(['remove /usr/local/lib/corral 3'])
  })

  test('that has an agent of its own keeps it', async () => {
    const server = new FakeServer()
    const {run, file} = await desk(server)
    await run('host add h1 a')
    Object.assign(server, {packaged: '9.9.0', agent: '9.9.0'})
    expect((await run('host add h1 a')).code).toBe(0)
    expect(await readFile(file, 'utf8')).not.toContain('agent:')
  })

  test('that lost the package, or got another, is told what to do', async () => {
    const server = new FakeServer()
    server.packaged = '9.9.0'
    const {run} = await desk(server)
    await run('host add h1 a')
    server.done.length = 0
    for (const [version, what] of [['', 'no package of Corral any more'], ['9.8.0', 'Corral 9.8.0 as a package']] as const) {
      Object.assign(server, {packaged: version, agent: version})
      const {error} = await run('host update h1')
      expect([errorKind(error), (error as Error).message]).toEqual(['conflict', `h1 has ${what}, and its agent was to be that of the package, version 9.9.0`])
      expect((error as AppError).nextSteps.at(-1)).toContain('corral host add h1 a')
    }
    expect(server.done).toEqual([])
  })
})

describe('corral host check', () => {
  const threeHosts = async (server: FakeServer, clock?: Clock) => {
    const {run} = await desk(server, clock)
    for (const line of ['host add h1 a', 'host add h2 b', 'host add h3 c']) await run(line)
    return run
  }

  test('shows the others when some are not reached, and its exit code is for these', async () => {
    const server = new FakeServer()
    const run = await threeHosts(server)
    expect((await run('host check')).code).toBe(0)
    server.refusing.set('b', () => Promise.reject(new ForbiddenError('the key of b has changed')))
    expect((await run('host check')).code).toBe(4)
    server.refusing.set('c', () => Promise.reject(new UnavailableError('c is down \u001b[2J')))
    const {code, stdout} = await run('host check')
    expect(code).toBe(7)
    expect(stdout).toContain('h1 (a)\n  system: ')
    expect(stdout).toContain('h2 (b)\n  not reached: the key of b has changed\nh3 (c)\n  not reached: c is down \\x1B[2J\n')
    const json = await run('host check --output-format json')
    expect(json.code).toBe(7)
    expect(JSON.parse(json.stdout)).toMatchObject([
      {name: 'h1', node: 'n1', missingPackages: [], problems: [expect.any(String)]}, {name: 'h2', error: 'the key of b has changed', kind: 'forbidden'}, {name: 'h3', kind: 'unavailable'},
    ])
    expect(await run('host check h3')).toMatchObject({code: undefined, error: {kind: 'unavailable'}})
  })

  test('waits for those that are silent a bounded time, for all of them together', async () => {
    const server = new FakeServer()
    const clock = new FakeClock()
    const run = await threeHosts(server, clock)
    for (const ssh of ['b', 'c']) server.refusing.set(ssh, () => new Promise(() => undefined))
    const checking = run('host check')
    await clock.advanceUntil(checking, 1_000)
    const {code, stdout} = await checking
    expect([code, stdout.match(/did not answer within 20 s/g)?.length]).toEqual([7, 2])
    // One after the other they would take 40 s; on a busy machine the clock of the test runs ahead of the work.
    expect(clock.now()).toBeLessThan(38_000)
  })
})

test('a host that cannot be reached stays, and --keep-agent forgets it', async () => {
  const server = new FakeServer()
  const {run, file} = await desk(server)
  await run('host add h1 a')
  server.connection = () => { throw new UnavailableError('cannot reach a') }
  const {error} = await run('host remove h1')
  expect([(error as Error).message, (error as AppError).nextSteps.at(-1)]).toEqual(['the agent on h1 could not be removed', 'Or forget a host that is gone for good: corral host remove h1 --keep-agent'])
  expect(await readFile(file, 'utf8')).toContain('h1')
  expect((await run('host remove h1 --keep-agent')).code).toBe(0)
  expect(await readFile(file, 'utf8')).not.toContain('h1')
})

test('check, update, remove and the current context', async () => {
  const server = new FakeServer()
  const {run, file} = await desk(server)
  await run('host add h1 a')
  await run('host add h2 b --context other')
  const check = await run('host check')
  expect(check.stdout).toContain('h1 (a)\n  system: Debian \\x1B[31m13, Linux 6.12, x64, 4 CPUs')
  expect(check.stdout).toContain('  problem: \\x1B]0;owned\\x07\n')
  server.files.set('/usr/local/lib/corral/libexec/x', 'damaged')
  server.done.length = 0
  await run('host update h1')
  expect(server.done).toHaveLength(3)
  expect((await run('context list --noheader')).stdout).toMatch(/^local +0 *\ndefault +h1 +1 *\nother +h2 +0 *\n$/)
  expect((await run('context use other')).code).toBe(0)
  expect((await run('context use othr')).error).toMatchObject({kind: 'not-found'})
  server.done.length = 0
  expect((await run('host remove h2')).code).toBe(0)
  expect(server.done).toEqual(['remove /usr/local/lib/corral 3'])
  expect((await run('host remove h1 --keep-agent --context default')).code).toBe(0)
  expect(server.done).toHaveLength(1)
  expect(await readFile(file, 'utf8')).not.toMatch(/h1|h2/)
})
