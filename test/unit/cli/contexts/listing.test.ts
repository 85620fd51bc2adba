// Listings of several hosts as one.
import {describe, expect, test} from 'vitest'
import {NotFoundError, UnavailableError, errorKind} from '../../../../src/lib/base/index.ts'
import {hostWith, threeHosts, world, type FakeAgent} from './support.ts'

const rows = (...list: object[]): FakeAgent => ({run: async () => ({outcome: 'done', result: list})})
const failing = (error: Error): FakeAgent => ({run: () => Promise.reject(error)})
const volume = (volid: string, vmid?: number) => ({volid, content: 'images', format: 'raw', size: 1, ...(vmid === undefined ? {} : {vmid})})

describe('the rows of all hosts', () => {
  test('are one table with a column NODE', async () => {
    const place = await world(threeHosts, {a1: hostWith([{vmid: 100, name: 'web'}]), 'root@a2:2222': hostWith([{vmid: 100, name: 'web'}, {vmid: 201, name: 'db'}]), a3: hostWith([])})
    const {code, stdout, stderr} = await place.run('qm list')
    expect({code, stderr}).toEqual({code: 0, stderr: ''})
    expect(stdout.split('\n').map((line) => line.split(/\s+/).slice(0, 3))).toEqual([['NODE', 'VMID', 'NAME'], ['h1', '100', 'web'], ['h2', '100', 'web'], ['h2', '201', 'db'], ['']])
  })

  test('have the host as data as well, and it is the one that we asked', async () => {
    const place = await world(threeHosts, {a1: rows({upid: 'x', node: 'else'}), 'root@a2:2222': rows(), a3: rows({upid: 'y'})})
    expect(JSON.parse((await place.run('pvenode task list --output-format json')).stdout)).toEqual([{upid: 'x', node: 'h1'}, {upid: 'y', node: 'h3'}])
  })

  test('keep their host where the command orders and words its table itself', async () => {
    const place = await world(threeHosts, {a1: rows(volume('local:z'), volume('local:b', 100)), 'root@a2:2222': rows(volume('local:c', 200), volume('local:z')), a3: rows()})
    const {stdout} = await place.run('pvesm list local')
    expect(stdout.split('\n').map((line) => line.split(/\s+/).slice(0, 2))).toEqual([
      ['NODE', 'Volid'], ['h1', 'local:b'], ['h2', 'local:c'], ['h1', 'local:z'], ['h2', 'local:z'], [''],
    ])
  })

  test('are harmless, whatever a host sends', async () => {
    const place = await world(threeHosts, {a1: rows({vmid: 100, name: '\u001b]0;title\u0007'}), 'root@a2:2222': rows({vmid: '\u001b[2J', name: {deep: '\u009b'}}), a3: failing(new UnavailableError('\u001b[31mred'))})
    const {code, stdout, stderr} = await place.run('qm list')
    expect(code).toBe(7)
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    expect(stderr).toBe('Warning: h3: \\x1B[31mred\n')
  })
})

describe('a host that does not answer', () => {
  const good = {a1: hostWith([{vmid: 100}]), 'root@a2:2222': hostWith([{vmid: 200}])}

  test('is a warning and exit code 7; the others are shown', async () => {
    const {code, stdout, stderr} = await (await world(threeHosts, good)).run('qm list')
    expect(code).toBe(7)
    expect(stdout.split('\n')).toHaveLength(4)
    expect(stderr).toBe('Warning: h3: a3 cannot be reached\n')
  })

  test('is given up after a bounded wait, whether it hangs before or after it was reached', async () => {
    for (const [hung, limitMs] of [[() => new Promise<never>(() => undefined), 20_000], [{run: () => new Promise(() => undefined)} as FakeAgent, 60_000]] as const) {
      const place = await world(threeHosts, {...good, a3: hung})
      const waiting = place.run('qm list')
      await expect.poll(() => place.clock.sleeping).toBe(1)
      place.clock.advance(limitMs - 1)
      expect(place.clock.sleeping).toBe(1)
      place.clock.advance(1)
      expect(await waiting).toMatchObject({code: 7})
    }
  })

  test('all of them is an error', async () => {
    const {error, code} = await (await world(threeHosts, {})).run('qm list')
    expect([code, errorKind(error), (error as Error).message]).toEqual([undefined, 'unavailable', 'none of the hosts could answer'])
  })

  test('one that answers something else than a listing is not believed', async () => {
    const {code, stderr} = await (await world(threeHosts, {...good, a3: {run: async () => ({outcome: 'done', result: 'all is well'})}})).run('qm list')
    expect(code).toBe(5)
    expect(stderr).toContain("h3 answered 'qm list' with something else than its result")
  })

  test('a storage that only some hosts have is no failure', async () => {
    const place = await world(threeHosts, {a1: rows(volume('nfs:a')), 'root@a2:2222': failing(new NotFoundError("there is no storage 'nfs'")), a3: rows()})
    expect(await place.run('pvesm list nfs')).toMatchObject({code: 0, stderr: ''})
  })
})

test('at most eight hosts are asked at once', async () => {
  const names = Array.from({length: 20}, (_, index) => `h${index}`)
  let open = 0
  let most = 0
  const agent: FakeAgent = {run: async () => { most = Math.max(most, ++open); await new Promise((resolve) => setTimeout(resolve, 5)); open--; return {outcome: 'done', result: []} }}
  const place = await world(`current: lab\ncontexts: {lab: {hosts: [${names.map((name) => `{name: ${name}, ssh: ${name}}`).join(', ')}]}}\n`, Object.fromEntries(names.map((name) => [name, agent])))
  expect(await place.run('qm list')).toMatchObject({code: 0})
  expect(most).toBe(8)
})
