// Tasks on another host: started there, followed from here, through lost connections and interruptions.
import {describe, expect, test} from 'vitest'
import {ForbiddenError, UnavailableError, errorKind, type AppError} from '../../../../src/lib/base/index.ts'
import type {AgentClient, RemoteTaskEnd, RemoteTaskStart} from '../../../../src/lib/host/index.ts'
import {hostWith, world, type FakeAgent} from './support.ts'

const one = 'current: one\ncontexts: {one: {hosts: [{name: h1, ssh: a1}]}}\n'
const upid = 'UPID:h1:00000001:00000001:00000001:qmstart:100:root@pam:'

/** A task whose log is given a line a call of the followers, with the connection lost after each. */
function task(follow: AgentClient['followTask'], more: FakeAgent = {}): FakeAgent {
  return hostWith([{vmid: 100, name: 'web'}], {startTask: async () => upid, followTask: follow, stopTask: async () => true, ...more})
}

test('the log is shown on stderr and the task’s end is ours', async () => {
  const agent = task(async (_, __, events) => { events.line('one\u001b[2J'); events.line('two'); return {status: 'OK'} })
  const {code, stdout, stderr, calls} = await (await world(one, {a1: agent})).run('qm start web')
  expect({code, stdout, stderr}).toEqual({code: 0, stdout: '', stderr: 'one\\x1B[2J\ntwo\n'})
  expect(calls.at(-1)?.invocation).toEqual({command: 'qm start', params: {vmid: 100}, dryRun: false, key: expect.stringMatching(/^[0-9a-f]{32}$/) as string})
})

test('a failure has the kind and the words that the host told', async () => {
  const end: RemoteTaskEnd = {status: 'it is locked: by whom', errorKind: 'conflict', sentences: ['it is locked', 'by whom'], nextSteps: ['qm unlock 100']}
  const {error} = await (await world(one, {a1: task(async () => end)})).run('qm start 100')
  expect([errorKind(error), (error as Error).message, (error as AppError).nextSteps[0]]).toEqual(['conflict', 'it is locked', 'qm unlock 100'])
})

test('--async prints the id and leaves', async () => {
  const {code, stdout} = await (await world(one, {a1: task(() => Promise.reject(new Error('nobody follows')))})).run('qm start 100 --async')
  expect({code, stdout}).toEqual({code: 0, stdout: `${upid}\n`})
})

describe('a connection that is lost before the id of the task comes', () => {
  const lost = () => Promise.reject(new UnavailableError('the connection was lost'))

  test('is made again, and the host is asked with the same key', async () => {
    let asked = 0
    const agent = task(async () => ({status: 'OK'}), {startTask: () => (++asked < 3 ? lost() : Promise.resolve(upid))})
    const place = await world(one, {a1: agent})
    const waiting = place.run('qm start 100')
    await place.clock.advanceUntil(waiting, 100)
    const {code, stderr, calls, opened} = await waiting
    const starts = calls.map(({invocation}) => invocation as RemoteTaskStart).filter(({command}) => command === 'qm start')
    expect({code, opened, starts: starts.length, keys: new Set(starts.map(({key}) => key)).size}).toEqual({code: 0, opened: ['h1', 'h1', 'h1'], starts: 3, keys: 1})
    const line = 'The connection to h1 was lost before it told the id of the task. Connecting again to ask for it.\n'
    expect(stderr).toBe(line + line)
  })

  test('is given up after a bounded time, with what is not known', async () => {
    const place = await world(one, {a1: task(() => new Promise(() => undefined), {startTask: lost})})
    const waiting = place.run('qm start 100')
    await place.clock.advanceUntil(waiting, 1_000)
    const {error} = await waiting
    expect([errorKind(error), (error as Error).message, (error as AppError).nextSteps[0]]).toEqual([
      'unavailable', 'whether h1 started the task is not known', 'Look whether it runs: pvenode task list --source all --on h1',
    ])
    expect(place.clock.now()).toBeLessThan(90_000)
  })

  test('is not asked again of an agent that would start a second task', async () => {
    const hello = {protocol: 1, version: '0', node: 'h1', user: 'root@pam', isRoot: true, places: {stateDir: '/a', runDir: '/b', logDir: '/c'}, keepsTaskKeys: false}
    const place = await world(one, {a1: task(() => new Promise(() => undefined), {startTask: lost, hello: async () => hello})})
    const waiting = place.run('qm start 100')
    await place.clock.advanceUntil(waiting, 100)
    const {error, calls} = await waiting
    expect((error as Error).message).toBe('whether h1 started the task is not known, and its agent is too old to be asked again')
    expect(calls.filter(({invocation}) => invocation.command === 'qm start')).toHaveLength(1)
  })

  test('ends at once when the user does not want to wait', async () => {
    const interrupt = new AbortController()
    const agent = task(() => new Promise(() => undefined), {startTask: () => { interrupt.abort(); return lost() }})
    const {error} = await (await world(one, {a1: agent})).run('qm start 100', {signal: interrupt.signal})
    expect((error as Error).message).toBe('whether h1 started the task is not known')
  })
})

test('Ctrl-C before the id of the task has come stops the task when it comes', async () => {
  const interrupt = new AbortController()
  const stopped: string[] = []
  const agent = task(async () => ({status: 'the operation was cancelled', errorKind: 'cancelled'}), {
    startTask: async (_start, signal) => { interrupt.abort(); expect(signal.aborted).toBe(false); return upid },
    stopTask: async (id) => { stopped.push(id); return true },
  })
  const {error} = await (await world(one, {a1: agent})).run('qm start 100', {signal: interrupt.signal})
  expect([errorKind(error), stopped]).toEqual(['cancelled', [upid]])
})

describe('a lost connection', () => {
  test('is made again and the log goes on where it was', async () => {
    const froms: number[] = []
    const agent = task(async (_, fromByte, events) => {
      froms.push(fromByte)
      if (froms.length === 3) return {status: 'OK'}
      events.line(`part ${froms.length}`)
      events.offset?.(froms.length * 10)
      throw new UnavailableError('the connection was lost')
    })
    const place = await world(one, {a1: agent})
    const waiting = place.run('qm start 100')
    await place.clock.advanceUntil(waiting, 100)
    const {code, stderr, opened} = await waiting
    expect({code, froms, opened}).toEqual({code: 0, froms: [0, 10, 20], opened: ['h1', 'h1', 'h1']})
    expect(stderr).toBe('part 1\nThe connection to h1 was lost; the task goes on. Connecting again.\npart 2\nThe connection to h1 was lost; the task goes on. Connecting again.\n')
  })

  test('that stays lost ends after a bounded time and says how to find the task', async () => {
    let isFirst = true
    const place = await world(one, {get a1() { const agent = isFirst ? task(() => Promise.reject(new UnavailableError('lost'))) : () => Promise.reject(new UnavailableError('down')); isFirst = false; return agent }})
    const waiting = place.run('qm start 100')
    await place.clock.advanceUntil(waiting, 1_000)
    const {error} = await waiting
    expect([errorKind(error), (error as Error).message, (error as AppError).nextSteps]).toEqual([
      'unavailable', 'the connection to h1 was lost; the task goes on without us', [`Find it again: corral task wait ${upid} --on h1`],
    ])
    expect(place.clock.now()).toBeLessThan(90_000)
  })

  test('to a host whose key has changed is not tried again', async () => {
    let opened = 0
    const place = await world(one, {get a1() { return opened++ === 0 ? task(() => Promise.reject(new UnavailableError('lost'))) : () => Promise.reject(new ForbiddenError('the key of a1 has changed')) }})
    const waiting = place.run('qm start 100')
    await expect.poll(() => place.clock.sleeping).toBe(1)
    place.clock.advance(500)
    const {error} = await waiting
    expect((error as Error).cause).toMatchObject({message: 'the key of a1 has changed'})
    expect(opened).toBe(2)
  })
})

test('Ctrl-C asks the task to stop and goes on following it', async () => {
  const interrupt = new AbortController()
  const stopped: string[] = []
  let end: (end: RemoteTaskEnd) => void = () => undefined
  const agent = task(() => new Promise((resolve) => { end = resolve; interrupt.abort() }), {
    stopTask: async (id) => { stopped.push(id); setTimeout(() => end({status: 'the operation was cancelled', errorKind: 'cancelled', sentences: ['the operation was cancelled']}), 5); return true },
  })
  const {error, stderr} = await (await world(one, {a1: agent})).run('qm start 100', {signal: interrupt.signal})
  expect([errorKind(error), stopped]).toEqual(['cancelled', [upid]])
  expect(stderr).toContain('Asked the task to stop.')
})
