// Several processes on one database: what one does must be seen by, and must not hurt, the others.
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {ConflictError, systemClock} from '../../../../src/lib/base/index.ts'
import type {Store, StoreEvent} from '../../../../src/lib/store/index.ts'
import {openSqliteStore} from '../../../../src/lib/store/sqlite/index.ts'
import {startClient} from './start-client.ts'
import type {Client} from './start-client.ts'

let folder: string
let path: string
let store: Store
let clients: Client[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'corral-processes-'))
  path = join(folder, 'config.db')
  clients = []
  store = await openSqliteStore({path, node: 'h1', clock: systemClock, lockTtlMs: 5000})
})
afterEach(async () => {
  await Promise.all(clients.map((client) => client.end()))
  await store.close()
  rmSync(folder, {recursive: true})
})

async function client(lockTtlMs?: number): Promise<Client> {
  const started = await startClient(path, lockTtlMs)
  clients.push(started)
  return started
}

test('a process that was stopped until its lock was passed on cannot write when it continues', async () => {
  const stopped = await client(1500)
  expect((await stopped.ask({do: 'lock', name: 'guest/100', reason: 'qm start 100', timeoutMs: 0})).error).toBeUndefined()
  expect((await stopped.ask({do: 'commit', change: {put: {a: 'before'}}})).error).toBeUndefined()
  stopped.child.kill('SIGSTOP')
  const startMs = performance.now()
  const held = await store.lock('guest/100', {reason: 'qm stop 100', timeoutMs: 10_000})
  expect(performance.now() - startMs).toBeLessThan(9000)
  await store.commit({put: {a: 'taken over'}, fences: [held.fence]})
  stopped.child.kill('SIGCONT')
  const refused = await stopped.ask({do: 'commit', change: {put: {a: 'late'}}})
  expect(refused).toMatchObject({error: 'conflict'})
  expect(refused.message).toContain("the lock 'guest/100' was lost")
  await expect.poll(() => stopped.ask({do: 'lost'})).toEqual({ok: true})
  expect((await store.read('a'))?.data).toBe('taken over')
  expect(await store.lockHolder('guest/100')).toMatchObject({reason: 'qm stop 100'})
  await held.release()
})

test('even a process whose own clock stood still is refused once the lock was passed on', async () => {
  const frozen: {atMs?: number} = {}
  const clock = {...systemClock, monotonicMs: () => frozen.atMs ?? systemClock.monotonicMs()}
  const slow = await openSqliteStore({path, node: 'h1', clock, lockTtlMs: 200})
  const lock = await slow.lock('guest/100', {reason: 'slow', timeoutMs: 0})
  frozen.atMs = systemClock.monotonicMs()
  const held = await store.lock('guest/100', {reason: 'next', timeoutMs: 5000})
  await expect(slow.commit({put: {a: 'late'}, fences: [lock.fence]})).rejects.toThrow(ConflictError)
  expect(await store.read('a')).toBeUndefined()
  await held.release()
  await slow.close()
})

test('the lock of a killed holder is passed on at once, with a long lease, also over dead waiters', async () => {
  const holder = await client()
  const waiter = await client()
  await holder.ask({do: 'lock', name: 'guest/100', reason: 'holder', timeoutMs: 0})
  void waiter.ask({do: 'lock', name: 'guest/100', reason: 'waiter', timeoutMs: 60_000})
  await systemClock.sleep(300)
  const startMs = performance.now()
  const locked = store.lock('guest/100', {reason: 'survivor', timeoutMs: 10_000, onWait: () => {
    waiter.child.kill('SIGKILL')
    holder.child.kill('SIGKILL')
  }})
  const held = await locked
  expect(performance.now() - startMs).toBeLessThan(5000)
  expect(await store.lockHolder('guest/100')).toMatchObject({reason: 'survivor'})
  await held.release()
})

test('a timeout names the process that holds the lock', async () => {
  const holder = await client()
  await holder.ask({do: 'lock', name: 'guest/100', reason: 'qm start 100', timeoutMs: 0})
  await expect(store.lock('guest/100', {reason: 'qm stop 100', timeoutMs: 0}))
    .rejects.toThrow(`the lock 'guest/100' is held by 'qm start 100' (pid ${holder.child.pid} on child) since `)
})

test('a watch hears every commit of other processes, in order', async () => {
  const count = 150
  const writers = [await client(), await client()]
  const events: StoreEvent[] = []
  const ending = new AbortController()
  const watching = (async () => {
    for await (const event of store.watch('w', 0, ending.signal)) {
      events.push(event)
      if (events.length === writers.length * count) break
    }
  })()
  const timer = setTimeout(() => { ending.abort() }, 15_000)
  await Promise.all(writers.map((writer, index) => writer.ask({do: 'write-many', path: `w/${index}`, count})))
  await watching
  clearTimeout(timer)
  expect(events.map(({revision}) => revision)).toEqual(Array.from({length: writers.length * count}, (_, index) => index + 1))
})

test('processes that make the same store at the same time all get it', async () => {
  const fresh = join(folder, 'new', 'store', 'config.db')
  const starting = await Promise.all(Array.from({length: 4}, () => startClient(fresh)))
  clients.push(...starting)
  const answers = await Promise.all(starting.map((started, index) => started.ask({do: 'commit', change: {put: {[`from/${index}`]: 'x'}}})))
  expect(answers.map(({error, message}) => error ?? message)).toEqual([undefined, undefined, undefined, undefined])
  const opened = await openSqliteStore({path: fresh, node: 'h1', clock: systemClock})
  expect(await opened.list('from')).toHaveLength(4)
  await opened.close()
})
