// qm guest cmd, exec, exec-status and passwd: what they ask of the agent, what they make of its answers, and what they refuse.
import {mkdir} from 'node:fs/promises'
import {afterEach, describe, expect, it} from 'vitest'
import {dataLines} from '../../../../../src/lib/cli/render/data.ts'
import {agentCommandWords} from '../../../../../src/lib/guest/qemu/agent/agent-commands.ts'
import {decodeOutput, readExecStatus} from '../../../../../src/lib/guest/qemu/agent/exec-status.ts'
import {guestPaths} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {FakeAgent, RawAnswer, refused, silent} from '../../../../support/fake-agent.ts'
import type {AgentAnswer, AgentQuestion} from '../../../../support/fake-agent.ts'
import {pretendRunning} from '../support/pretend-running.ts'
import {machineRoom, outcomeOf, qm} from '../support/run-qm.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const step of undo.splice(0).reverse()) await step() })

async function room(lines = 'agent: 1\n'): Promise<Context> {
  const context = await (await machineRoom()).open()
  await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': lines}})
  return context
}

async function answering(answers: Readonly<Record<string, AgentAnswer>>): Promise<{context: Context; asked: () => AgentQuestion[]}> {
  const context = await room()
  await mkdir(guestPaths(context.places, 100).dir, {recursive: true, mode: 0o700})
  undo.push(await pretendRunning(100, context))
  const agent = await new FakeAgent(answers).listen(guestPaths(context.places, 100).qga)
  undo.push(() => agent.close())
  return {context, asked: () => agent.asked.filter(({command}) => command !== 'guest-sync-delimited')}
}

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64')
const calls: [string, Record<string, unknown>][] = [['guest cmd', {command: 'ping'}], ['guest exec', {'extra-args': ['true']}], ['guest exec-status', {pid: 1}], ['guest passwd', {username: 'root', password: 'hunter22'}]]

describe.each(calls)('qm %s', (command, input) => {
  it('wants a machine that exists, runs and has an agent, and root', async () => {
    const context = await room()
    await expect(qm(command, {vmid: 101, ...input}, context)).rejects.toMatchObject({kind: 'not-found'})
    await expect(qm(command, {vmid: 100, ...input}, context)).rejects.toThrow('virtual machine 100 is not running')
    await expect(qm(command, {vmid: 100, ...input}, await room('name: x\n'))).rejects.toThrow('virtual machine 100 has no guest agent in its configuration')
    await expect(qm(command, {vmid: 100, ...input}, {...context, caller: {user: 'ann@pam', isRoot: false}})).rejects.toMatchObject({kind: 'forbidden'})
  })

  it('says what can be done when no agent answers', async () => {
    const {context} = await answering({'guest-sync-delimited': (_args, socket) => { socket.destroy(); return silent }})
    await expect(qm(command, {vmid: 100, ...input}, context)).rejects.toMatchObject({
      kind: 'unavailable', message: 'the guest agent of virtual machine 100 does not answer', nextSteps: [expect.stringContaining('systemctl status qemu-guest-agent'), expect.any(String)],
    })
  })

  it('works while the configuration is locked', async () => {
    const {context} = await answering({
      'guest-ping': () => ({}), 'guest-exec': () => ({pid: 1}), 'guest-exec-status': () => ({exited: true}), 'guest-set-user-password': () => ({}),
    })
    await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': 'agent: 1\nlock: backup\n'}})
    await qm(command, {vmid: 100, ...input}, context)
  })
})

describe('qm guest cmd', () => {
  it.each(agentCommandWords)('%s is asked for by its name', async (command) => {
    const {context, asked} = await answering(Object.fromEntries(agentCommandWords.map((word) => [`guest-${word}`, () => ['shutdown', 'suspend-ram', 'suspend-disk', 'suspend-hybrid'].includes(word) ? new RawAnswer('{}\n') : {said: word}])))
    await qm('guest cmd', {vmid: 100, command}, context).catch(() => undefined)
    expect(asked()).toEqual([{command: command === 'network-get-interfaces' ? 'guest-network-get-interfaces' : `guest-${command}`, args: {}}])
  })

  it('gives what the agent answers, as it is', async () => {
    const {context} = await answering({'guest-get-osinfo': () => ({id: 'debian', 'pretty-name': 'Debian\u001b[2J'}), 'guest-fsfreeze-status': () => 'thawed', 'guest-ping': () => ({})})
    expect(await qm('guest cmd', {vmid: 100, command: 'get-osinfo'}, context)).toEqual({result: {id: 'debian', 'pretty-name': 'Debian\u001b[2J'}})
    expect(await qm('guest cmd', {vmid: 100, command: 'fsfreeze-status'}, context)).toEqual({result: 'thawed'})
    expect(await qm('guest cmd', {vmid: 100, command: 'ping'}, context)).toEqual({result: {}})
  })

  it('passes on a refusal', async () => {
    const {context} = await answering({'guest-fstrim': () => refused('disabled: \u001b[2J'), 'guest-suspend-ram': () => refused('no such thing')})
    await expect(qm('guest cmd', {vmid: 100, command: 'fstrim'}, context)).rejects.toThrow("the guest agent refused 'guest-fstrim': disabled:  [2J")
    await expect(qm('guest cmd', {vmid: 100, command: 'suspend-ram'}, context)).rejects.toThrow('no such thing')
  })

  it('takes silence for a yes where the agent says nothing else', async () => {
    const {context} = await answering({'guest-shutdown': (_args, socket) => { socket.destroy(); return silent }})
    expect(await qm('guest cmd', {vmid: 100, command: 'shutdown'}, context)).toEqual({result: {}})
  })

  it('bounds an answer', async () => {
    const {context} = await answering({'guest-get-users': () => 'x'.repeat(5 * 1024 ** 2), 'guest-info': () => new RawAnswer(`{"return": ${'['.repeat(1000)}${']'.repeat(1000)}}\n`)})
    await expect(qm('guest cmd', {vmid: 100, command: 'get-users'}, context)).rejects.toThrow('sent a message of more than 4194304 bytes')
    await expect(qm('guest cmd', {vmid: 100, command: 'info'}, context)).rejects.toThrow('nested more than 256 deep')
  })
})

describe('qm guest exec', () => {
  it('runs a program, waits, and gives what it wrote', async () => {
    let looks = 0
    const {context, asked} = await answering({
      'guest-exec': () => ({pid: 7}),
      'guest-exec-status': () => ++looks < 3 ? {exited: false} : {exited: true, exitcode: 3, 'out-data': base64('hällo\n'), 'err-data': base64(Buffer.from([0xff, 0x1b])), 'out-truncated': true, 'err-truncated': false},
    })
    expect(await qm('guest exec', {vmid: 100, 'extra-args': ['ls', '-l', '--', '$(x)']}, context)).toEqual({exited: 1, exitcode: 3, 'out-data': 'hällo\n', 'err-data': '\u00ff\u001b', 'out-truncated': 1})
    expect(asked()[0]).toEqual({command: 'guest-exec', args: {path: 'ls', arg: ['-l', '--', '$(x)'], 'capture-output': true}})
    expect(asked().slice(1)).toEqual(Array.from({length: 3}, () => ({command: 'guest-exec-status', args: {pid: 7}})))
  })

  it('gives the number of what has not ended, or is not waited for', async () => {
    const {context, asked} = await answering({'guest-exec': () => ({pid: 7}), 'guest-exec-status': () => ({exited: false})})
    expect(await qm('guest exec', {vmid: 100, 'extra-args': ['sleep', '9'], synchronous: '0'}, context)).toEqual({pid: 7})
    expect(asked()).toHaveLength(1)
    expect(await qm('guest exec', {vmid: 100, 'extra-args': ['sleep', '9'], timeout: '1'}, context)).toEqual({pid: 7})
  })

  it('gives a program its standard input, which no plan shows', async () => {
    const {context, asked} = await answering({'guest-exec': () => ({pid: 7}), 'guest-exec-status': () => ({exited: true})})
    await qm('guest exec', {vmid: 100, 'extra-args': ['cat'], 'pass-stdin': '1', 'input-data': base64('hunter2')}, context)
    expect(asked()[0]?.args['input-data']).toBe(base64('hunter2'))
    await qm('guest exec', {vmid: 100, 'extra-args': ['cat'], 'input-data': base64('hunter2')}, context)
    expect(asked()[2]?.args).not.toHaveProperty('input-data')
    expect(JSON.stringify(await outcomeOf('guest exec', {vmid: 100, 'extra-args': ['cat'], 'pass-stdin': '1', 'input-data': base64('hunter2')}, context, {dryRun: true}))).not.toContain(base64('hunter2'))
  })

  it.each([[[]], [undefined], [['']]])('wants a program (%j)', async (argv) => {
    await expect(qm('guest exec', {vmid: 100, ...(argv === undefined ? {} : {'extra-args': argv})}, await room())).rejects.toThrow('there is no program to be run')
  })

  it.each([[{}], ['7'], [{pid: '7'}], [{pid: 1.5}]])('refuses an answer that is none (%j)', async (answer) => {
    const {context} = await answering({'guest-exec': () => answer})
    await expect(qm('guest exec', {vmid: 100, 'extra-args': ['x']}, context)).rejects.toThrow("answered 'guest-exec' with something else")
  })
})

describe('qm guest exec-status', () => {
  it('tells what became of a program', async () => {
    const {context} = await answering({'guest-exec-status': ({pid}) => pid === 7 ? {exited: true, signal: 9} : refused("PID lookup failed 'Invalid parameter'")})
    expect(await qm('guest exec-status', {vmid: 100, pid: 7}, context)).toEqual({exited: 1, signal: 9})
    await expect(qm('guest exec-status', {vmid: 100, pid: 8}, context)).rejects.toThrow('PID lookup failed')
  })

  it('reads nothing but what it knows', () => {
    expect(readExecStatus({exited: false, exitcode: 'x', 'out-data': 5, signal: 1e300, more: 1})).toEqual({exited: 0})
    for (const answer of [null, 'x', [], {}, {exited: 1}]) expect(() => readExecStatus(answer)).toThrow('something else')
    expect(decodeOutput('not base64!!')).toEqual(expect.any(String))
  })
})

describe('qm guest passwd', () => {
  it('sends the password, and keeps it out of the plan', async () => {
    const {context, asked} = await answering({'guest-set-user-password': () => ({})})
    await qm('guest passwd', {vmid: 100, username: 'root', password: 'hünter22', crypted: '1'}, context)
    expect(asked()).toEqual([{command: 'guest-set-user-password', args: {username: 'root', crypted: true, password: base64('hünter22')}}])
    const outcome = await outcomeOf('guest passwd', {vmid: 100, username: 'root', password: 'hunter22'}, context, {dryRun: true})
    expect(JSON.stringify(outcome)).not.toMatch(/hunter22|aHVudGVyMjI=/)
    expect(asked()).toHaveLength(1)
  })

  it('wants one', async () => {
    const {context, asked} = await answering({'guest-set-user-password': () => ({})})
    await expect(qm('guest passwd', {vmid: 100, username: 'root'}, context)).rejects.toThrow('a password is needed')
    await expect(qm('guest passwd', {vmid: 100, username: 'root', password: 'x'}, context)).rejects.toThrow('at least 5 characters')
    expect(asked()).toEqual([])
  })
})

it('data is shown as JSON, a single value as it is, and nothing of it is obeyed by a terminal', () => {
  expect(dataLines({})).toEqual([])
  expect(dataLines([])).toEqual(['[]'])
  expect(dataLines('frozen\u001b')).toEqual(['frozen\\x1B'])
  expect(dataLines(undefined)).toEqual([])
  expect(dataLines({b: true, a: ['\u009b\u202e']})).toEqual(['{', '   "a": [', '      "\\u009b\\u202e"', '   ],', '   "b": true', '}'])
})
