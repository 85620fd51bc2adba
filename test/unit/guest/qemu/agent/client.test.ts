import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, describe, expect, it} from 'vitest'
import {connectAgent, withAgent} from '../../../../../src/lib/guest/qemu/agent/client.ts'
import type {AgentClient} from '../../../../../src/lib/guest/qemu/agent/client.ts'
import {localHost} from '../../../../../src/lib/host/local/index.ts'
import {FakeAgent, RawAnswer, refused, silent} from '../../../../support/fake-agent.ts'
import type {AgentAnswer} from '../../../../support/fake-agent.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => { while (undo.length > 0) await undo.pop()?.() })

const host = localHost('h1')

async function agent(answers: Readonly<Record<string, AgentAnswer>> = {}): Promise<{socket: string; server: FakeAgent}> {
  const folder = await mkdtemp(join(tmpdir(), 'corral-agent-'))
  undo.push(() => rm(folder, {recursive: true, force: true}))
  const socket = join(folder, '100.qga')
  const server = await new FakeAgent(answers).listen(socket)
  undo.push(() => server.close())
  return {socket, server}
}

async function connected(answers: Readonly<Record<string, AgentAnswer>>): Promise<AgentClient> {
  const client = await connectAgent(host, (await agent(answers)).socket)
  undo.push(() => { client.close(); return Promise.resolve() })
  return client
}

const sync = (args: Readonly<Record<string, unknown>>) => `\u00ff${JSON.stringify({return: args['id']})}\n`

describe('a connection to a guest agent', () => {
  it('asks one thing after the other', async () => {
    const client = await connected({'guest-ping': () => ({}), 'guest-get-host-name': () => ({'host-name': 'web'})})
    expect(await client.execute('guest-ping')).toEqual({})
    expect(await client.execute('guest-get-host-name')).toEqual({'host-name': 'web'})
  })

  it('does not take the rest of an earlier answer for its own', async () => {
    const client = await connected({
      'guest-sync-delimited': (args) => new RawAnswer(Buffer.from(`"half": "an answer"}}\n{"return": 12}\n${sync(args)}`, 'latin1')),
      'guest-ping': () => ({}),
    })
    expect(await client.execute('guest-ping')).toEqual({})
  })

  it('tells what the agent refuses, and with which class', async () => {
    const client = await connected({'guest-fstrim': () => refused('this is \u001b[31mnot\u001b[0m possible')})
    await expect(client.execute('guest-fstrim')).rejects.toMatchObject({
      kind: 'tool', message: "the guest agent refused 'guest-fstrim': this is  [31mnot [0m possible", data: {errorClass: 'GenericError'},
    })
    await expect(client.execute('guest-nothing')).rejects.toMatchObject({data: {errorClass: 'CommandNotFound'}})
  })

  it('gives up an agent that does not answer, and does not take its late answer for another', async () => {
    const client = await connected({'guest-ping': () => silent})
    await expect(client.execute('guest-ping', undefined, 50)).rejects.toMatchObject({kind: 'unavailable', message: "the guest agent did not answer 'guest-ping' within 0.05 s"})
    await expect(client.execute('guest-ping')).rejects.toMatchObject({kind: 'unavailable'})
  })

  it('is not waited for where nobody listens', async () => {
    await expect(connectAgent(host, '/nonexistent/100.qga')).rejects.toMatchObject({kind: 'unavailable'})
  })

  it('is given up when nobody says that it is there', async () => {
    const {socket} = await agent({'guest-sync-delimited': () => silent})
    await expect(connectAgent(host, socket, {syncTimeoutMs: 50})).rejects.toMatchObject({kind: 'unavailable', message: 'no guest agent answered within 0.05 s'})
  })

  it('is cancelled by its caller', async () => {
    const cancel = new AbortController()
    const {socket} = await agent({'guest-ping': () => silent})
    await expect(withAgent(host, socket, {signal: cancel.signal}, async (client) => {
      setTimeout(() => { cancel.abort() }, 20)
      return client.execute('guest-ping')
    })).rejects.toMatchObject({kind: 'cancelled'})
  })

  it.each<[string, string | Buffer]>([
    ['endless bytes', Buffer.alloc(25 * 1024 * 1024, 0x20)], ['no JSON', '{{{\n'], ['a list', '[1]\n'], ['brackets without end', `{"return": ${'['.repeat(10_000)}\n`],
  ])('does not believe an agent that sends %s', async (_what, bytes) => {
    const client = await connected({'guest-ping': () => new RawAnswer(bytes)})
    await expect(client.execute('guest-ping')).rejects.toMatchObject({kind: 'unavailable'})
  })

  it('bounds what comes before an agent has said that it is there', async () => {
    const {socket} = await agent({'guest-sync-delimited': (_args, peer) => {
      const timer = setInterval(() => { peer.write(Buffer.alloc(64 * 1024, 0x20)) }, 1)
      peer.on('close', () => { clearInterval(timer) })
      return silent
    }})
    const before = process.memoryUsage().rss
    await expect(connectAgent(host, socket, {syncTimeoutMs: 300})).rejects.toMatchObject({kind: 'unavailable'})
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024)
  })
})
