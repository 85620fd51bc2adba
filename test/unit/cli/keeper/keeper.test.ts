import {spawn} from 'node:child_process'
import type {ChildProcess} from 'node:child_process'
import {chmod, lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile} from 'node:fs/promises'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, describe, expect, it} from 'vitest'
import {UnavailableError, systemClock} from '../../../../src/lib/base/index.ts'
import {serveKeeper} from '../../../../src/lib/cli/keeper/serve.ts'
import {withKeepers} from '../../../../src/lib/cli/keeper/index.ts'
import type {KeeperOrder} from '../../../../src/lib/cli/keeper/kept-connector.ts'
import {isOwnSocket, keeperFolder} from '../../../../src/lib/cli/keeper/private-folder.ts'
import {identityAt} from '../../../../src/lib/cli/keeper/socket-name.ts'
import {connectUnixSocket} from '../../../../src/lib/host/local/connect.ts'
import type {AgentConnection, HostConnector} from '../../../../src/lib/host/index.ts'
import {agentClient, openPeer} from '../../../../src/lib/host/protocol/index.ts'
import type {IncomingCall, Method, Peer} from '../../../../src/lib/host/protocol/index.ts'
import {builtProgram} from '../../../support/built.ts'
import {duplexPair} from '../../../support/duplex-pair.ts'

const folders: string[] = []
afterEach(async () => { for (const folder of folders.splice(0)) await rm(folder, {recursive: true, force: true}) })

async function privateFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ck-'))
  folders.push(folder)
  return folder
}

const hello = {protocol: 1, version: '0', node: 'h1', user: 'root@pam', isRoot: true, places: {stateDir: '/a', runDir: '/b', logDir: '/c'}}
const never = new AbortController().signal

function agentWith(methods: Record<string, Method>): {near: Peer; far: Peer} {
  const [a, b] = duplexPair()
  const far = openPeer(b, {role: 'agent', name: 'the keeper'})
  far.handle({hello: async () => hello, ...methods})
  return {near: openPeer(a, {role: 'client', name: 'host h1'}), far}
}

async function callerOf(socketPath: string): Promise<Peer> {
  await expect.poll(() => isOwnSocket(socketPath)).toBe(true)
  return openPeer(await connectUnixSocket(socketPath, 1000), {role: 'client', name: 'host h1'})
}

describe('the folder of keepers', () => {
  it('is the runtime folder, else the cache, and is made private', async () => {
    const home = await privateFolder()
    const runtime = await privateFolder()
    expect(await keeperFolder({HOME: home, XDG_RUNTIME_DIR: runtime})).toBe(`${runtime}/corral`)
    expect((await lstat(`${runtime}/corral`)).mode & 0o777).toBe(0o700)
    expect(await keeperFolder({HOME: home})).toBe(`${home}/.cache/corral`)
    expect(await keeperFolder({HOME: home, XDG_RUNTIME_DIR: 'relative'})).toBe(`${home}/.cache/corral`)
    expect(await keeperFolder({})).toBeUndefined()
  })

  it('is not used when others may look into it, when it is a link, and when it is somebody else\'s', async () => {
    const runtime = await privateFolder()
    const env = {XDG_RUNTIME_DIR: runtime}
    await mkdir(`${runtime}/corral`, {mode: 0o700})
    expect(await keeperFolder(env)).toBe(`${runtime}/corral`)
    expect(await keeperFolder(env, (process.getuid?.() ?? 0) + 1)).toBeUndefined()
    await chmod(`${runtime}/corral`, 0o750)
    expect(await keeperFolder(env)).toBeUndefined()
    await rm(`${runtime}/corral`, {recursive: true})
    const elsewhere = await privateFolder()
    await symlink(elsewhere, `${runtime}/corral`)
    expect(await keeperFolder(env)).toBeUndefined()
    await rm(`${runtime}/corral`)
    await writeFile(`${runtime}/corral`, '')
    expect(await keeperFolder(env)).toBeUndefined()
    await rm(`${runtime}/corral`)
    await chmod(runtime, 0o777)
    expect(await keeperFolder(env)).toBeUndefined()
  })
})

describe('a keeper', () => {
  it('passes calls, events, errors and cancellations on, tells a caller that is gone from one that cancels, and ends when idle', async () => {
    const folder = await privateFolder()
    const reasons: string[] = []
    const wait = (_params: unknown, {signal}: IncomingCall) => new Promise<unknown>((_resolve, reject) => {
      signal.addEventListener('abort', () => { reasons.push(signal.reason instanceof UnavailableError ? 'gone' : 'cancelled'); reject(new Error('stopped')) })
    })
    const {near, far} = agentWith({
      run: async (params, {emit}) => { await emit({level: 'warn', text: 'careful'}); return {outcome: 'done', result: params} },
      startTask: wait,
      stopTask: async () => { throw new UnavailableError('not now', {nextSteps: ['later']}) },
    })
    const socketPath = `${folder}/k`
    const served = serveKeeper({socketPath, agent: near, clock: systemClock, idleMs: 300, signal: never})
    const first = await callerOf(socketPath)
    const client = agentClient(first, 'h1')
    const log: unknown[] = []
    expect(await client.hello()).toMatchObject({node: 'h1'})
    const invocation = {command: 'qm list', params: {full: true}, dryRun: false}
    expect(await client.run(invocation, {onLog: (line) => log.push(line)}, never)).toEqual({outcome: 'done', result: invocation})
    expect(log).toEqual([{level: 'warn', text: 'careful'}])
    await expect(client.stopTask('x')).rejects.toMatchObject({kind: 'unavailable', message: 'not now', nextSteps: ['later']})
    await expect(first.call('eval', {})).rejects.toMatchObject({kind: 'unsupported'})
    const cancel = new AbortController()
    const cancelled = client.startTask(invocation, cancel.signal).catch(() => undefined)
    await expect.poll(() => far.openCalls).toBe(1)
    cancel.abort()
    await cancelled
    await expect.poll(() => reasons).toEqual(['cancelled'])
    const second = await callerOf(socketPath)
    const left = second.call('startTask', {}).catch(() => undefined)
    await expect.poll(() => far.openCalls).toBe(1)
    second.close()
    await left
    await expect.poll(() => reasons).toEqual(['cancelled', 'gone'])
    first.close()
    await served
    expect(await isOwnSocket(socketPath)).toBe(false)
  })

  it('serves nobody any more when its folder is opened to others', async () => {
    const folder = await privateFolder()
    const {near} = agentWith({})
    const stop = new AbortController()
    const served = serveKeeper({socketPath: `${folder}/k`, agent: near, clock: systemClock, idleMs: 60_000, signal: stop.signal})
    await (await callerOf(`${folder}/k`)).call('hello', {})
    await chmod(folder, 0o755)
    await expect((await callerOf(`${folder}/k`)).call('hello', {})).rejects.toMatchObject({kind: 'unavailable'})
    stop.abort()
    await served
  })

  it('ends with its connection, and with a host that does not answer', async () => {
    const folder = await privateFolder()
    const lost = agentWith({})
    const served = serveKeeper({socketPath: `${folder}/k`, agent: lost.near, clock: systemClock, idleMs: 60_000, signal: never})
    await expect.poll(() => isOwnSocket(`${folder}/k`)).toBe(true)
    lost.far.close()
    await served
    const deaf = agentWith({hello: () => new Promise(() => undefined)})
    const next = serveKeeper({socketPath: `${folder}/k`, agent: deaf.near, clock: systemClock, idleMs: 60_000, signal: never})
    await expect((await callerOf(`${folder}/k`)).call('hello', {})).rejects.toMatchObject({kind: 'unavailable'})
    await next
  })
})

describe('several keepers at once', () => {
  interface Started { readonly child: ChildProcess; readonly ended: Promise<number | null> }
  const start = async (order: Omit<KeeperOrder, 'host' | 'idleMs'>): Promise<Started> => {
    const child = spawn(process.execPath, [await builtProgram('test/support/idle-keeper.ts')], {stdio: ['pipe', 'ignore', 'inherit']})
    child.stdin.end(JSON.stringify({...order, idleMs: 60_000}))
    return {child, ended: new Promise((resolve) => { child.once('exit', resolve) })}
  }
  const pidBehind = async (socketPath: string) => {
    const peer = await callerOf(socketPath)
    const answer = await agentClient(peer, 'h1').run({command: 'x', params: {}, dryRun: false}, {onLog: () => undefined}, never)
    peer.close()
    return answer.outcome === 'done' ? (answer.result as {pid: number}).pid : 0
  }

  it.each(['nothing', 'the socket of one that was killed'])('are one in the end: the others end by themselves, where there was %s', async (before) => {
    const socketPath = `${await privateFolder()}/k`
    if (before !== 'nothing') {
      const {child, ended} = await start({socketPath})
      await pidBehind(socketPath)
      child.kill('SIGKILL')
      await ended
      expect(await isOwnSocket(socketPath)).toBe(true)
    }
    const all = await Promise.all(Array.from({length: 8}, () => start({socketPath})))
    const endedEarly = new Set<Started>()
    for (const one of all) void one.ended.then(() => endedEarly.add(one))
    await expect.poll(() => endedEarly.size, {timeout: 20_000}).toBe(7)
    const [winner] = all.filter((one) => !endedEarly.has(one))
    expect(await pidBehind(socketPath)).toBe(winner?.child.pid)
    expect([...endedEarly].map(({child}) => child.exitCode)).toEqual(Array.from({length: 7}, () => 0))
    expect((await readdir(join(socketPath, '..'))).filter((name) => name !== 'k')).toEqual([])
    winner?.child.kill('SIGKILL')
    await winner?.ended
  }, 40_000)

  it('do not take the name from one that answers, and take it from one that is stuck, which ends when it wakes up', async () => {
    const socketPath = `${await privateFolder()}/k`
    const first = await start({socketPath})
    expect(await pidBehind(socketPath)).toBe(first.child.pid)
    expect(await (await start({socketPath})).ended).toBe(0)
    expect(await pidBehind(socketPath)).toBe(first.child.pid)
    first.child.kill('SIGSTOP')
    const stuck = await identityAt(socketPath) ?? ''
    const second = await start({socketPath, replaces: stuck})
    await expect.poll(() => identityAt(socketPath)).not.toBe(stuck)
    expect(await pidBehind(socketPath)).toBe(second.child.pid)
    first.child.kill('SIGCONT')
    expect(await first.ended).toBe(0)
    expect(await pidBehind(socketPath)).toBe(second.child.pid)
    second.child.kill('SIGKILL')
    await second.ended
  }, 40_000)
})

describe('a command line with keepers', () => {
  const directWith = (calls: string[]): HostConnector => ({
    openAgent: async (): Promise<AgentConnection> => {
      calls.push('agent')
      const {near} = agentWith({run: async () => ({outcome: 'done', result: 'direct'})})
      return {client: agentClient(near, 'h1'), close: () => near.close()}
    },
    openLogin: async () => { calls.push('login'); throw new UnavailableError('no login here') },
    agentBundle: () => Promise.reject(new Error('none')),
    openTerminal: () => Promise.reject(new Error('none')),
  })
  const host = {name: 'h1', ssh: 'root@h1'}
  const ask = async (connection: AgentConnection) => {
    const outcome = await connection.client.run({command: 'x', params: {}, dryRun: false}, {onLog: () => undefined}, never)
    connection.close()
    return outcome.outcome === 'done' ? outcome.result : undefined
  }

  it('connects once by itself, and then through the process that it left behind, until that is killed', async () => {
    const runtime = await privateFolder()
    const calls: string[] = []
    const program = [process.execPath, await builtProgram('test/support/idle-keeper.ts')]
    const connector = withKeepers(directWith(calls), {env: {...process.env, XDG_RUNTIME_DIR: runtime}, program, idleMs: 2_000})
    expect(await ask(await connector.openAgent(host, never))).toBe('direct')
    let kept: {pid: number; calls: number} | undefined
    await expect.poll(async () => {
      const answer = await ask(await connector.openAgent(host, never))
      if (typeof answer === 'object') kept = answer as typeof kept
      return typeof answer
    }, {timeout: 10_000}).toBe('object')
    const direct = calls.length
    expect(await ask(await connector.openAgent(host, never))).toEqual({pid: kept?.pid, calls: (kept?.calls ?? 0) + 1})
    expect(calls.length).toBe(direct)
    process.kill(kept?.pid ?? 0, 'SIGKILL')
    // Its socket is still there, and nobody behind it.
    await expect.poll(async () => await ask(await connector.openAgent({...host}, never)) === 'direct', {timeout: 5_000}).toBe(true)
    // Who installs an agent must not meet the old one afterwards.
    await expect(connector.openLogin(host, never)).rejects.toThrow('no login here')
    expect(calls.at(-1)).toBe('login')
  })

  it('does without when it is told to, when there is no safe folder, and when something else answers', async () => {
    const calls: string[] = []
    for (const env of [{CORRAL_KEEPER: 'no', XDG_RUNTIME_DIR: await privateFolder()}, {}]) {
      expect(await ask(await withKeepers(directWith(calls), {env, program: ['/nonexistent']}).openAgent(host, never))).toBe('direct')
    }
    const runtime = await privateFolder()
    const env = {XDG_RUNTIME_DIR: runtime}
    const connector = withKeepers(directWith(calls), {env, program: ['/nonexistent']})
    const {keeperName} = await import('../../../../src/lib/cli/keeper/keeper-name.ts')
    await keeperFolder(env)
    const server = createServer((socket) => { socket.on('error', () => undefined); socket.write('HTTP/1.1 400 Bad Request\r\n\r\n') })
    await new Promise<void>((resolve) => { server.listen(`${runtime}/corral/${''}x`, resolve) })
    await symlink(`${runtime}/corral/x`, `${runtime}/corral/${await keeperName(host, env)}`)
    expect(await ask(await connector.openAgent(host, never))).toBe('direct')
    await rm(`${runtime}/corral/${await keeperName(host, env)}`)
    server.close()
  })
})
