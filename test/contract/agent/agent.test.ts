// What a client may count on, and what a host may count on, whatever lies between them: the connection itself, or a keeper.
import {randomBytes} from 'node:crypto'
import {mkdtemp, readFile, readdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, describe, expect, it} from 'vitest'
import {agentMethods} from '../../../src/lib/agent/methods.ts'
import {CancelledError, systemClock} from '../../../src/lib/base/index.ts'
import {isOwnSocket} from '../../../src/lib/cli/keeper/private-folder.ts'
import {serveKeeper} from '../../../src/lib/cli/keeper/serve.ts'
import {connectUnixSocket} from '../../../src/lib/host/local/connect.ts'
import {agentClient, openPeer} from '../../../src/lib/host/protocol/index.ts'
import type {AgentClient, LogLine, Method, Peer} from '../../../src/lib/host/protocol/index.ts'
import {defineCommand} from '../../../src/lib/spec/index.ts'
import {handleChange, handleRead} from '../../../src/lib/tasks/index.ts'
import type {Catalog} from '../../../src/lib/tasks/index.ts'
import {localContext} from '../../../src/lib/tasks/local-context.ts'
import {builtProgram} from '../../support/built.ts'
import {duplexPair} from '../../support/duplex-pair.ts'
import {demoCatalog} from '../../unit/tasks/demo/catalog.ts'

const forever = new AbortController().signal
const closing: (() => unknown)[] = []
afterEach(async () => { for (const close of closing.splice(0).reverse()) await close() })

const common = {returns: {type: 'null'}, output: {as: 'none'}, runsOn: 'node', needs: 'root', examples: [], args: []} as const
const look = defineCommand({...common, id: 'demo look', summary: 'Looks.', kind: 'read', params: {times: {type: 'integer', minimum: 1, description: 'How often.', optional: true}}})
const wait = defineCommand({...common, id: 'demo wait', summary: 'Looks until it is stopped.', kind: 'read', params: {}})
const alter = defineCommand({...common, id: 'demo alter', summary: 'Changes slowly.', kind: 'change', params: {ms: {type: 'integer', description: 'How long.'}}})
const home = defineCommand({...common, id: 'demo home', summary: 'Is for the user\'s own machine.', kind: 'read', runsOn: 'client', params: {}})

/** A host with demonstration commands, and what became of their calls. */
async function demoHost() {
  const root = await mkdtemp(join(tmpdir(), 'cc-'))
  closing.push(() => rm(root, {recursive: true, force: true, maxRetries: 5}))
  const events: string[] = []
  const step = {kind: 'demo.slow', describe: () => ['slow'], run: async (action: object, {clock, signal}: {clock: typeof systemClock; signal: AbortSignal}) => {
    events.push('began')
    await clock.sleep((action as {ms: number}).ms, signal).catch((error: unknown) => { events.push('stopped'); throw error })
    events.push('done')
  }}
  const undo = {kind: 'demo.undo', describe: () => ['undo'], run: async () => { events.push('undone') }}
  const catalog: Catalog = {
    commands: {
      ...demoCatalog.commands,
      'demo look': {spec: async () => ({spec: look}), handler: async () => ({handler: handleRead(look, async ({times = 1}, {log}) => {
        for (let n = 0; n < times; n++) log.warn(`look ${n} \u001b[31m`)
        return {seen: times}
      })})},
      'demo wait': {spec: async () => ({spec: wait}), handler: async () => ({handler: handleRead(wait, async (_params, {clock, signal}) => {
        events.push('waits')
        await clock.sleep(60_000, signal).finally(() => events.push('waits no more'))
        return null
      })})},
      'demo alter': {spec: async () => ({spec: alter}), handler: async () => ({handler: handleChange(alter, {
        locks: () => ['demo'], plan: async ({ms}) => ({steps: [{do: {kind: 'demo.slow', ms}, undo: {kind: 'demo.undo'}}], whenInterrupted: 'undo', result: null}),
      })})},
      'demo home': {spec: async () => ({spec: home}), handler: async () => ({handler: handleRead(home, async () => null)})},
    },
    actionLoaders: {...demoCatalog.actionLoaders, 'demo.slow': async () => step, 'demo.undo': async () => undo},
  }
  const workerPath = await builtProgram('test/unit/tasks/demo/worker.ts')
  const {methods, settled} = agentMethods({
    version: '1.2.3', catalog: async () => catalog,
    openContext: (wishes) => localContext({env: {CORRAL_ROOT: root, CORRAL_NODE: 'h1', PATH: process.env['PATH']}, catalog, workerArgv: [process.execPath, workerPath], uid: 0, ...wishes}),
  })
  return {root, methods, events, settled}
}

/** The ids of the tasks that have ended, from the index. */
async function endedTasks(root: string): Promise<string[]> {
  const index = await readFile(join(root, 'log/tasks/index'), 'utf8').catch(() => '')
  return index.split('\n').flatMap((line) => (line === '' ? [] : [line.split(' ')[0] ?? '']))
}

function connect(methods: Readonly<Record<string, Method>>): Peer {
  const [a, b] = duplexPair()
  openPeer(b, {role: 'agent', name: 'the client'}).handle(methods)
  const peer = openPeer(a, {role: 'client', name: 'host h1'})
  closing.push(() => peer.close())
  return peer
}

const ways: Record<string, (methods: Readonly<Record<string, Method>>) => Promise<Peer>> = {
  'a connection': async (methods) => connect(methods),
  'a keeper': async (methods) => {
    const folder = await mkdtemp(join(tmpdir(), 'cc-'))
    closing.push(() => rm(folder, {recursive: true, force: true}))
    const stop = new AbortController()
    const served = serveKeeper({socketPath: `${folder}/k`, agent: connect(methods), clock: systemClock, idleMs: 60_000, signal: stop.signal})
    closing.push(async () => { stop.abort(); await served })
    await expect.poll(() => isOwnSocket(`${folder}/k`)).toBe(true)
    const peer = openPeer(await connectUnixSocket(`${folder}/k`, 1_000), {role: 'client', name: 'host h1'})
    closing.push(() => peer.close())
    return peer
  },
}

describe.each(Object.entries(ways))('over %s', (_name, way) => {
  const open = async () => {
    const host = await demoHost()
    const peer = await way(host.methods)
    return {...host, peer, client: agentClient(peer, 'h1')}
  }
  const run = (client: AgentClient, command: string, params: Record<string, unknown> = {}, signal = forever, log: LogLine[] = []) =>
    client.run({command, params, dryRun: false}, {onLog: (line) => log.push(line)}, signal)

  it('a host says who it is, runs what it knows, and checks what it is given', async () => {
    const {client, root} = await open()
    expect(await client.hello()).toEqual({protocol: 1, version: '1.2.3', node: 'h1', user: 'root@pam', isRoot: true, places: {stateDir: `${root}/lib`, runDir: `${root}/run`, logDir: `${root}/log`}, keepsTaskKeys: true})
    const log: LogLine[] = []
    expect(await run(client, 'demo look', {times: '3'}, forever, log)).toEqual({outcome: 'done', result: {seen: 3}})
    expect(log).toEqual([0, 1, 2].map((n) => ({level: 'warn', text: `look ${n} \\x1B[31m`})))
    await expect(run(client, 'demo look', {times: 0})).rejects.toMatchObject({kind: 'invalid-input', fields: {times: expect.any(String) as string}})
    await expect(run(client, 'demo home')).rejects.toMatchObject({kind: 'unsupported'})
    await expect(run(client, 'demo build', {folder: '/tmp'})).rejects.toMatchObject({kind: 'unsupported'})
    expect(await client.run({command: 'demo alter', params: {ms: 1}, dryRun: true}, {onLog: () => undefined}, forever)).toMatchObject({outcome: 'planned', lines: ['slow']})
  })

  it('a task is followed, left, followed again from where it was, and stopped', async () => {
    const {client, root} = await open()
    const upid = await client.startTask({command: 'demo build', params: {folder: root, mode: 'dawdle'}, dryRun: false}, forever)
    const leave = new AbortController()
    const lines: string[] = []
    let reached = 0
    await expect(client.followTask(upid, 0, {
      line: (text) => lines.push(text), offset: (byte) => { reached = byte; if (lines.includes('dawdles')) leave.abort() },
    }, leave.signal)).rejects.toBeInstanceOf(CancelledError)
    const following = client.followTask(upid, reached, {line: (text) => lines.push(text)}, forever)
    expect(await client.stopTask(upid)).toBe(true)
    expect(await following).toMatchObject({errorKind: 'cancelled'})
    expect(lines.filter((line) => line === 'dawdles')).toHaveLength(1)
    // The worker tidies up after its last line.
    await expect.poll(() => client.stopTask(upid)).toBe(false)
  })

  it('a key means one task, however often and by how many it is asked for', async () => {
    const {client, root, methods} = await open()
    const key = randomBytes(16).toString('hex')
    const start = {command: 'demo build', params: {folder: root}, dryRun: false, key}
    const others = await Promise.all(Array.from({length: 4}, async () => agentClient(await way(methods), 'h1')))
    const upids = await Promise.all([client, ...others].map((each) => each.startTask(start, forever)))
    expect(new Set(upids).size).toBe(1)
    expect(await client.followTask(upids[0] ?? '', 0, {line: () => undefined}, forever)).toMatchObject({status: 'OK'})
    // Its end changes nothing, and another order has to have a key of its own.
    expect(await client.startTask(start, forever)).toBe(upids[0])
    await expect(client.startTask({...start, params: {folder: '/'}}, forever)).rejects.toMatchObject({kind: 'conflict'})
    for (const wrong of ['', 'x'.repeat(32), '../../../../../../etc/passwd1234', key.slice(1), 'a'.repeat(66), 7, {}]) {
      await expect(client.startTask({...start, key: wrong as string}, forever)).rejects.toMatchObject({kind: 'invalid-input', fields: {key: expect.any(String) as string}})
    }
    expect((await readdir(join(root, 'log/tasks/keys'))).join()).not.toContain(key)
    await expect.poll(() => endedTasks(root)).toEqual([upids[0]])
    expect(await client.startTask({...start, key: randomBytes(16).toString('hex')}, forever)).not.toBe(upids[0])
  })

  it('a change that is cancelled is undone before the caller hears of it', async () => {
    const {client, events} = await open()
    const cancel = new AbortController()
    const changing = run(client, 'demo alter', {ms: 60_000}, cancel.signal)
    await expect.poll(() => events).toEqual(['began'])
    cancel.abort()
    await expect(changing).rejects.toMatchObject({kind: 'cancelled'})
    expect(events).toEqual(['began', 'stopped', 'undone'])
  })

  it('a caller that is gone stops what looks, and not what changes', async () => {
    const {client, peer, events, settled} = await open()
    const looking = run(client, 'demo wait').catch(() => undefined)
    const changing = run(client, 'demo alter', {ms: 300}).catch(() => undefined)
    await expect.poll(() => events.toSorted()).toEqual(['began', 'waits'])
    peer.close()
    await Promise.all([looking, changing])
    await settled()
    await expect.poll(() => events.toSorted()).toEqual(['began', 'done', 'waits', 'waits no more'])
  })

  it('a host that answers with something else is refused, and nothing of it reaches a terminal as it is', async () => {
    const client = agentClient(await way({
      hello: async () => ({protocol: 2, version: 'x'}),
      run: async (_params, {emit}) => { await emit({level: 'warn', text: '\u001b]0;evil\u0007'}); return {outcome: 'done', result: 1} },
      startTask: async () => ({upid: 'x'}),
      followTask: async (_params, {emit}) => { await emit({lines: ['\u001b[2J', {what: '\u202e', percent: 5}], offset: -1}); return {status: 'OK\u0007', errorKind: 'made-up', sentences: [1, 'x']} },
      facts: async () => ({missingPackages: [{package: '; rm -rf /'}, {package: 'qemu-utils', neededFor: '\u001b'}], problems: 'none', cpus: 'many'}),
    }), 'h1')
    await expect(client.hello()).rejects.toMatchObject({kind: 'unsupported', nextSteps: ['Update Corral on this machine', /corral host remove h1/]})
    const log: LogLine[] = []
    await run(client, 'demo look', {}, forever, log)
    expect(log).toEqual([{level: 'warn', text: '\\x1B]0;evil\\x07'}])
    await expect(client.startTask({command: 'x', params: {}, dryRun: false}, forever)).rejects.toMatchObject({kind: 'tool'})
    const lines: string[] = []
    expect(await client.followTask('x', 0, {line: (text) => lines.push(text), offset: () => { throw new Error('no such offset') }}, forever)).toEqual({
      status: 'OK\\x07', errorKind: 'tool', sentences: ['x'], nextSteps: [],
    })
    expect(lines).toEqual(['\\x1B[2J', '\\u202E: 5%'])
    expect(await client.facts()).toMatchObject({missingPackages: [{package: 'qemu-utils', neededFor: '\\x1B'}], problems: [], cpus: 0, cgroups: 'none'})
  })
})
