// What guests say about themselves in status and list: believed as far as it looks like what it should, and never waited for.
import {mkdir} from 'node:fs/promises'
import {afterEach, describe, expect, it} from 'vitest'
import {factsOfGuests, guestFacts, mayAnswer, readInterfaces} from '../../../../../src/lib/guest/qemu/agent/guest-facts.ts'
import {guestPaths} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {FakeAgent, RawAnswer, refused, silent} from '../../../../support/fake-agent.ts'
import type {AgentAnswer} from '../../../../support/fake-agent.ts'
import {FakeQmpServer} from '../../../../support/fake-qmp-server.ts'
import {pretendRunning} from '../support/pretend-running.ts'
import {machineRoom, qm} from '../support/run-qm.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const step of undo.splice(0).reverse()) await step() })

const interfaces = [
  {name: 'lo', 'ip-addresses': [{'ip-address': '127.0.0.1', 'ip-address-type': 'ipv4', prefix: 8}]},
  {name: 'eth0', 'hardware-address': 'bc:24:11:00:00:01', 'ip-addresses': [{'ip-address': '192.0.2.5', 'ip-address-type': 'ipv4', prefix: 24}, {'ip-address': 'fe80::1', prefix: 64}]},
  {name: 'eth1'},
]
const good: Record<string, AgentAnswer> = {
  'guest-network-get-interfaces': () => interfaces, 'guest-get-host-name': () => ({'host-name': 'web'}), 'guest-get-osinfo': () => ({'pretty-name': 'Debian GNU/Linux 12'}),
}

async function place(): Promise<Context> {
  const context = await (await machineRoom()).open()
  await mkdir(guestPaths(context.places, 100).dir, {recursive: true, mode: 0o700})
  return context
}

async function listening(context: Context, vmid: number, answers: Readonly<Record<string, AgentAnswer>>): Promise<FakeAgent> {
  const agent = await new FakeAgent(answers).listen(guestPaths(context.places, vmid).qga)
  undo.push(() => agent.close())
  return agent
}

describe('what a guest says', () => {
  it('is its name, its system and its addresses', async () => {
    const context = await place()
    await listening(context, 100, good)
    expect(await guestFacts(100, context)).toEqual({
      'guest-agent': 'answers', 'guest-hostname': 'web', 'guest-os': 'Debian GNU/Linux 12', 'guest-addresses': {eth0: ['192.0.2.5/24', 'fe80::1/64']},
    })
  })

  it.each([
    ['nobody listens', undefined, 'silent'],
    ['nobody answers', {'guest-sync-delimited': () => silent}, 'silent'],
    ['it is cut off', {...good, 'guest-get-host-name': (_args, socket) => { socket.destroy(); return silent }}, 'answers'],
    ['it knows no such questions', {'guest-network-get-interfaces': () => refused('no'), 'guest-get-host-name': () => refused('no'), 'guest-get-osinfo': () => refused('no')}, 'answers'],
    ['it sends something else', {'guest-network-get-interfaces': () => ({}), 'guest-get-host-name': () => [5], 'guest-get-osinfo': () => null}, 'answers'],
    ['it never stops', {'guest-network-get-interfaces': () => new RawAnswer(Buffer.alloc(2 * 1024 ** 2, 'x'))}, 'silent'],
  ] satisfies [string, Record<string, AgentAnswer> | undefined, string][])('costs a bounded time when %s', async (_about, answers, agent) => {
    const context = await place()
    if (answers !== undefined) await listening(context, 100, answers)
    const startedAt = performance.now()
    expect((await guestFacts(100, context, 500))['guest-agent']).toBe(agent)
    expect(performance.now() - startedAt).toBeLessThan(1_500)
  })

  it('is interrupted with its caller', async () => {
    const context = await place()
    await listening(context, 100, {'guest-sync-delimited': () => silent})
    const stop = new AbortController()
    const asking = guestFacts(100, {...context, signal: stop.signal})
    setTimeout(() => { stop.abort() }, 50)
    await expect(asking).rejects.toMatchObject({kind: 'cancelled'})
  })

  it('is asked of all guests at the same time', async () => {
    const context = await place()
    const vmids = Array.from({length: 200}, (_, index) => 100 + index)
    await listening(context, 100, good)
    for (const vmid of vmids.slice(1, 40)) await listening(context, vmid, {'guest-sync-delimited': () => silent})
    const startedAt = performance.now()
    const facts = await factsOfGuests(vmids, context, 700)
    expect(performance.now() - startedAt).toBeLessThan(2_500)
    expect([facts.size, facts.get(100)?.['guest-hostname'], facts.get(110)]).toEqual([200, 'web', {'guest-agent': 'silent'}])
  })
})

describe('addresses', () => {
  it.each([
    ['x'], [null], [[null, 5, 'x']], [[{name: 'eth0'}]], [[{name: 5, 'ip-addresses': []}]], [[{name: 'eth0', 'ip-addresses': [{'ip-address': 'evil\u001b[2J'}, {'ip-address': '999.1.1.1'}, {}, null]}]],
  ])('that are none are left out (%j)', (told) => { expect(readInterfaces(told)).toBeUndefined() })

  it('are bounded, and so are the names of interfaces', () => {
    const address = {'ip-address': '192.0.2.1', prefix: 99}
    const told = Array.from({length: 1000}, (_, index) => ({name: `e\u001b${index}${'x'.repeat(1000)}`, 'ip-addresses': Array.from({length: 1000}, () => address)}))
    const read = readInterfaces(told) ?? {}
    expect(Object.keys(read)).toHaveLength(64)
    for (const [name, addresses] of Object.entries(read)) {
      expect(name.length).toBeLessThan(70)
      expect(name).not.toContain('\u001b')
      expect(addresses).toEqual(Array.from({length: 32}, () => '192.0.2.1'))
    }
  })
})

it('a setting that cannot be read is that of no agent', () => {
  expect([mayAnswer({agent: '1'}), mayAnswer({agent: '1,what=5'}), mayAnswer({})]).toEqual([true, false, false])
})

describe('qm status and list', () => {
  async function running(answers: Readonly<Record<string, AgentAnswer>>): Promise<{context: Context; agent: FakeAgent}> {
    const context = await place()
    await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': 'agent: 1\n', 'nodes/h1/qemu-server/101.conf': 'agent: what?\n'}})
    undo.push(await pretendRunning(100, context))
    const monitor = new FakeQmpServer({answers: {'query-status': {status: 'running'}}})
    await monitor.listen(guestPaths(context.places, 100).qmp)
    undo.push(() => monitor.close())
    return {context, agent: await listening(context, 100, answers)}
  }

  it('show it where everything is asked for, and ask nobody otherwise', async () => {
    const {context, agent} = await running(good)
    expect(await qm('status', {vmid: 100}, context)).toEqual({status: 'running'})
    expect((await qm('list', {}, context) as unknown[])[0]).not.toHaveProperty('guest-agent')
    expect(agent.asked).toEqual([])
    expect(await qm('status', {vmid: 100, verbose: '1'}, context)).toMatchObject({'guest-agent': 'answers', 'guest-addresses': {eth0: ['192.0.2.5/24', 'fe80::1/64']}})
    expect(await qm('list', {full: '1'}, context)).toMatchObject([{vmid: 100, 'guest-hostname': 'web'}, {vmid: 101, status: 'stopped'}])
  })
})
