// Where commands go: to this machine, to the host of a context, or to the one of several hosts that has the object.
import {describe, expect, test} from 'vitest'
import {errorKind, UnavailableError} from '../../../../src/lib/base/index.ts'
import {hostWith, threeHosts, world} from './support.ts'

const agents = {a1: hostWith([{vmid: 100, name: 'web'}, {vmid: 101}]), 'root@a2:2222': hostWith([{vmid: 200, name: 'db'}, {vmid: 101, name: 'twin'}]), a3: hostWith([])}
const down = {...agents, a3: () => Promise.reject(new UnavailableError('a3 cannot be reached'))}
const message = (error: unknown) => (error as Error).message
const nextSteps = (error: unknown) => (error as UnavailableError).nextSteps.join('\n')

describe('without a context', () => {
  test('commands are for this machine', async () => {
    const {error, opened} = await (await world(undefined, agents)).run('qm list')
    expect(message(error)).toBe('this machine was not meant')
    expect(opened).toEqual([])
  })

  test('so they are with the context local, whatever the file says', async () => {
    const place = await world(threeHosts, agents)
    expect(message((await place.run('qm list --context local')).error)).toBe('this machine was not meant')
    expect(message((await place.run('qm list', {env: {CORRAL_CONTEXT: 'local'}})).error)).toBe('this machine was not meant')
    expect(message((await place.run('--context local qm list')).error)).toBe('this machine was not meant')
  })

  test('a context that is named must exist', async () => {
    const {error} = await (await world(undefined, agents)).run('qm list --context lab')
    expect([errorKind(error), message(error)]).toEqual(['not-found', "there is no context 'lab'"])
    const misspelt = (await (await world(threeHosts, agents)).run('qm list', {env: {CORRAL_CONTEXT: 'labb'}})).error
    expect(message(misspelt)).toBe("there is no context 'labb'; did you mean 'lab'?")
  })
})

describe('a context of one host', () => {
  test('gets reads, and their result is shown as if it were ours', async () => {
    const {code, stdout, calls, closed} = await (await world(threeHosts, agents)).run('qm status 100 --context one')
    expect({code, stdout}).toEqual({code: 0, stdout: 'status: running\n'})
    expect(calls).toEqual([{host: 'h1', invocation: {command: 'qm status', params: {vmid: 100}, dryRun: false, isRead: true}}])
    expect(closed).toEqual(['h1'])
  })

  test('gets listings without a column of hosts', async () => {
    const {stdout} = await (await world(threeHosts, agents)).run('qm list --context one')
    expect(stdout.split('\n')[0]).toMatch(/^ +VMID NAME/)
  })

  test('finds guests by their names there', async () => {
    const {code, calls} = await (await world(threeHosts, agents)).run('qm status web', {env: {CORRAL_CONTEXT: 'one'}})
    expect(code).toBe(0)
    expect(calls.at(-1)?.invocation.params).toEqual({vmid: 100})
  })

  test('gets dry runs, and their plan is printed', async () => {
    const {code, stdout, calls} = await (await world(threeHosts, agents)).run('qm start 100 --dry-run --context one')
    expect({code, stdout}).toEqual({code: 0, stdout: 'true\n'})
    expect(calls[0]?.invocation.dryRun).toBe(true)
  })

  test('wrong parameters are refused before anybody is asked', async () => {
    const {error, opened} = await (await world(threeHosts, agents)).run('qm status 5 --context one')
    expect([errorKind(error), opened]).toEqual(['invalid-input', []])
  })
})

describe('--on', () => {
  test('picks a host of the context, also by the name that the host has for itself', async () => {
    const place = await world(threeHosts, agents)
    expect((await place.run('qm status 200 --on h2')).calls.map(({host}) => host)).toEqual(['h2'])
    expect((await place.run('qm status 200 --on third')).calls.map(({host}) => host)).toEqual(['h3'])
    expect(message((await place.run('qm status 200 --on h9')).error)).toMatch(/^the context 'lab' has no host 'h9'/)
  })
})

describe('several hosts', () => {
  test('a command about a guest goes to the host that has it, by number or name', async () => {
    const place = await world(threeHosts, agents)
    const byNumber = await place.run('qm status 200')
    expect(byNumber.calls.at(-1)).toEqual({host: 'h2', invocation: {command: 'qm status', params: {vmid: 200}, dryRun: false, isRead: true}})
    expect(byNumber.opened.toSorted()).toEqual(['h1', 'h2', 'h3'])
    expect(byNumber.closed.toSorted()).toEqual(['h1', 'h2', 'h3'])
    expect((await place.run('qm status db')).calls.at(-1)).toMatchObject({host: 'h2', invocation: {params: {vmid: 200}}})
  })

  test('a guest that two hosts have is refused, naming them', async () => {
    const {error, calls} = await (await world(threeHosts, agents)).run('qm destroy 101')
    expect([errorKind(error), message(error)]).toEqual(['invalid-input', 'there are several guests 101: h1, h2'])
    expect(nextSteps(error)).toBe('Name the host that is meant: --on h1')
    expect(calls.every(({invocation}) => invocation.command === 'qm list')).toBe(true)
  })

  test('a guest that none has', async () => {
    const {error} = await (await world(threeHosts, agents)).run('qm status 999')
    expect([errorKind(error), message(error)]).toEqual(['not-found', 'there is no guest 999 on h1, h2, h3'])
  })

  test('nothing is changed while a host that might have the guest too is silent; reading warns', async () => {
    const place = await world(threeHosts, down)
    const change = await place.run('qm set 200 --name other')
    expect([errorKind(change.error), message(change.error)]).toEqual(['unavailable', 'h2 has the guest 200, but h3 could not be asked whether it has one as well'])
    expect(nextSteps(change.error)).toContain('--on h2')
    const read = await place.run('qm status 200')
    expect(read).toMatchObject({code: 0, stdout: 'status: running\n'})
    expect(read.stderr).toBe('Warning: h3 was not asked: a3 cannot be reached\n')
    expect(message((await place.run('qm status 999')).error)).toBe('there is no guest 999 on h1, h2, and h3 could not be asked')
  })

  test('a command about a task goes to the node in its id', async () => {
    const place = await world(threeHosts, agents)
    const upid = (node: string) => `UPID:${node}:00000001:00000001:00000001:qmstart:100:root@pam:`
    expect((await place.run(`pvenode task status ${upid('third')}`)).calls.map(({host}) => host)).toEqual(['h3'])
    expect((await place.run(`pvenode task status ${upid('h1')}`)).calls.map(({host}) => host)).toEqual(['h1'])
    expect(errorKind((await place.run(`pvenode task status ${upid('h3')}`)).error)).toBe('not-found')
  })

  test('what is for one host needs its name', async () => {
    const place = await world(threeHosts, agents)
    for (const line of ['qm create 300', 'pvesm add dir big --path /x', 'corral doctor', 'pvesm free local:100/x.raw']) {
      const {error, opened} = await place.run(line)
      expect([errorKind(error), opened, nextSteps(error)]).toEqual(['invalid-input', [], 'Name the host: --on h1'])
      expect(message(error)).toContain("the context 'lab' has 3: h1, h2, h3")
    }
  })

  test('a host that hangs is given up after a bounded wait', async () => {
    const place = await world(threeHosts, {...agents, a3: () => new Promise<never>(() => undefined)})
    const waiting = place.run('qm status 200')
    await expect.poll(() => place.clock.sleeping).toBe(1)
    place.clock.advance(20_000)
    expect((await waiting).stderr).toContain('h3 was not asked: h3 (a3) did not answer within 20 s')
  })
})
