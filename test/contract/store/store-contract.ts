// What every Store must do, whatever its backend: call `storeContract` from a test file with a way to make one.
// `open` gives independent clients of the same data, as several processes would have.
import {createHash} from 'node:crypto'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {
  AppError, CancelledError, ConflictError, InvalidInputError, UnavailableError,
} from '../../../src/lib/base/index.ts'
import {maxChangePaths, maxFileBytes} from '../../../src/lib/store/index.ts'
import type {HeldLock, LockMode, Lease, LockHolder, Store, StoreEvent} from '../../../src/lib/store/index.ts'

export interface ClientSettings {
  node?: string
}

export interface WorldSettings {
  /** How long a lock outlives a holder that does not renew it. */
  lockTtlMs?: number
  maxStoreBytes?: number
  keptCommits?: number
}

export interface StoreWorld {
  open(settings?: ClientSettings): Promise<Store>
  /** Closes all clients and removes the data. */
  remove(): Promise<void>
}

export type MakeStoreWorld = (settings?: WorldSettings) => Promise<StoreWorld>

const never = new AbortController().signal
const pause = (durationMs: number) => new Promise((resolve) => { setTimeout(resolve, durationMs) })

/** Reads events until there are `count`, or fails after a while. */
async function take(events: AsyncIterable<StoreEvent>, count: number): Promise<StoreEvent[]> {
  const taken: StoreEvent[] = []
  if (count === 0) return taken
  for await (const event of events) {
    taken.push(event)
    if (taken.length === count) break
  }
  return taken
}

async function failure(promise: Promise<unknown>): Promise<AppError> {
  const error: unknown = await promise.then(() => undefined, (caught: unknown) => caught)
  if (!(error instanceof AppError)) throw new Error('expected an AppError', {cause: error})
  return error
}

export function storeContract(name: string, makeWorld: MakeStoreWorld): void {
  describe(`${name}: files`, () => {
    let world: StoreWorld
    let store: Store
    beforeEach(async () => { world = await makeWorld(); store = await world.open() })
    afterEach(async () => { await world.remove() })

    test('an empty store has no files', async () => {
      expect(await store.read('storage.cfg')).toBeUndefined()
      expect(await store.list('')).toEqual([])
      expect(await store.revision()).toBe(0)
    })

    test('what was written is read by every client, with revision, digest and time', async () => {
      const other = await world.open()
      const before = Date.now()
      const {revision} = await store.commit({put: {'nodes/h1/qemu-server/100.conf': 'name: wärme 🔥\n\ttab\r\n'}})
      const file = await other.read('nodes/h1/qemu-server/100.conf')
      expect(file).toMatchObject({path: 'nodes/h1/qemu-server/100.conf', data: 'name: wärme 🔥\n\ttab\r\n', revision})
      expect(file?.digest).toBe(createHash('sha1').update('name: wärme 🔥\n\ttab\r\n').digest('hex'))
      expect(file?.mtimeMs).toBeGreaterThanOrEqual(before)
      expect(file?.mtimeMs).toBeLessThanOrEqual(Date.now())
      expect(await other.revision()).toBe(revision)
    })

    test('an empty file is a file', async () => {
      await store.commit({put: {empty: ''}})
      expect(await store.read('empty')).toMatchObject({data: '', digest: 'da39a3ee5e6b4b0d3255bfef95601890afd80709'})
    })

    test('revisions grow with every commit, and a file keeps that of its last write', async () => {
      const first = await store.commit({put: {a: '1', b: '1'}})
      const second = await store.commit({put: {a: '2'}})
      expect(second.revision).toBeGreaterThan(first.revision)
      expect(await store.read('a')).toMatchObject({data: '2', revision: second.revision})
      expect(await store.read('b')).toMatchObject({data: '1', revision: first.revision})
    })

    test('a removed file is gone; removing what is not there changes nothing', async () => {
      const {revision} = await store.commit({put: {a: '1'}})
      expect((await store.commit({remove: ['nothing']})).revision).toBe(revision)
      const removed = await store.commit({remove: ['a']})
      expect(removed.revision).toBeGreaterThan(revision)
      expect(await store.read('a')).toBeUndefined()
      expect(await store.list('')).toEqual([])
    })

    test('list gives the files below a folder, sorted, and no neighbour with a similar name', async () => {
      await store.commit({put: {
        'nodes/h1/b': '', 'nodes/h1/a': '', 'nodes/h1/sub/c': '', 'nodes/h10/a': '', 'nodes/h1-x': '', 'nodes/h1.x/a': '', 'user.cfg': '',
      }})
      expect((await store.list('nodes/h1')).map(({path}) => path)).toEqual(['nodes/h1/a', 'nodes/h1/b', 'nodes/h1/sub/c'])
      expect((await store.list('nodes/h1/')).map(({path}) => path)).toEqual(['nodes/h1/a', 'nodes/h1/b', 'nodes/h1/sub/c'])
      expect((await store.list('')).length).toBe(7)
      expect(await store.list('user')).toEqual([])
    })

    test('list shows one state of the store, never half of a commit', async () => {
      const writer = await world.open()
      const paths = Array.from({length: 20}, (_, index) => `jobs/${index}`)
      const put = (value: string) => writer.commit({put: Object.fromEntries(paths.map((path) => [path, value]))})
      await put('0')
      let writing = true
      const reads = (async () => {
        const sets: Set<string>[] = []
        while (writing) sets.push(new Set((await store.list('jobs')).map(({data}) => data)))
        return sets
      })()
      for (let round = 1; round <= 50; round++) await put(String(round))
      writing = false
      for (const values of await reads) expect(values.size).toBe(1)
    })
  })

  describe(`${name}: compare and set`, () => {
    let world: StoreWorld
    let store: Store
    beforeEach(async () => { world = await makeWorld(); store = await world.open() })
    afterEach(async () => { await world.remove() })

    test('a change goes through when every expectation holds', async () => {
      const {revision} = await store.commit({put: {a: '1'}})
      await store.commit({expect: {a: revision, b: null}, put: {b: '1'}, remove: ['a']})
      expect((await store.list('')).map(({path}) => path)).toEqual(['b'])
    })

    test('one expectation that fails stops the whole change', async () => {
      const {revision} = await store.commit({put: {a: '1', b: '1'}})
      await store.commit({put: {b: '2'}})
      const before = await store.list('')
      const error = await failure(store.commit({expect: {a: revision, b: revision}, put: {a: 'x', c: 'x'}, remove: ['b']}))
      expect(error).toBeInstanceOf(ConflictError)
      expect(error.message).toContain("'b' was changed in the meantime")
      expect(error.data).toMatchObject({path: 'b', expectedRevision: revision})
      expect(await store.list('')).toEqual(before)
    })

    test('errors tell existing, removed and changed files apart', async () => {
      const {revision} = await store.commit({put: {a: '1'}})
      expect((await failure(store.commit({expect: {a: null}, put: {a: 'x'}}))).message).toContain("'a' exists already")
      expect((await failure(store.commit({expect: {b: revision}, put: {b: 'x'}}))).message).toContain("'b' was removed in the meantime")
    })

    test('expectations alone can be asked for, and write nothing', async () => {
      const {revision} = await store.commit({put: {a: '1'}})
      expect(await store.commit({expect: {a: revision, b: null}})).toEqual({revision})
      expect(await store.revision()).toBe(revision)
      await expect(store.commit({expect: {a: null}})).rejects.toThrow(ConflictError)
    })

    test('of many clients that create the same file, exactly one wins', async () => {
      const clients = await Promise.all(Array.from({length: 5}, () => world.open()))
      const attempts = clients.flatMap((client, index) => [0, 1, 2].map((round) => (
        client.commit({expect: {'nodes/h1/qemu-server/100.conf': null}, put: {'nodes/h1/qemu-server/100.conf': `${index}/${round}`}}))))
      const results = await Promise.allSettled(attempts)
      expect(results.filter(({status}) => status === 'fulfilled')).toHaveLength(1)
      for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(ConflictError)
    })

    test('no increment is lost between clients that read, compare and set', async () => {
      const clients = await Promise.all(Array.from({length: 4}, () => world.open()))
      await store.commit({put: {counter: '0'}})
      const increments = 15
      await Promise.all(clients.map(async (client) => {
        for (let done = 0; done < increments;) {
          const file = await client.read('counter')
          const swapped = await client.commit({expect: {counter: file?.revision ?? null}, put: {counter: String(Number(file?.data) + 1)}})
            .then(() => true, (error: unknown) => { if (error instanceof ConflictError) return false; throw error })
          if (swapped) done++
        }
      }))
      expect((await store.read('counter'))?.data).toBe(String(clients.length * increments))
    })

    test('a path is a file or a folder, never both', async () => {
      await store.commit({put: {'a/b': '1', c: '1'}})
      await expect(store.commit({put: {a: 'x'}})).rejects.toThrow(ConflictError)
      await expect(store.commit({put: {'c/d': 'x'}})).rejects.toThrow(ConflictError)
      await expect(store.commit({put: {'e/f/g': 'x', 'e/f': 'x'}})).rejects.toThrow(InvalidInputError)
      await expect(store.commit({put: {'e/f': 'x', 'a/b/c': 'x'}})).rejects.toThrow(ConflictError)
      await expect(store.commit({put: {'e/f': 'x', a: 'x'}})).rejects.toThrow(ConflictError)
      expect((await store.list('')).map(({path, data}) => `${path}=${data}`)).toEqual(['a/b=1', 'c=1'])
      await store.commit({remove: ['a/b', 'c'], put: {a: 'x', 'c/d': 'x'}})
      expect((await store.list('')).map(({path}) => path)).toEqual(['a', 'c/d'])
    })
  })

  describe(`${name}: what is refused`, () => {
    let world: StoreWorld
    let store: Store
    beforeEach(async () => { world = await makeWorld({maxStoreBytes: 4 * 1024 * 1024}); store = await world.open() })
    afterEach(async () => { await world.remove() })

    const wrongPaths = [
      '', '/', '/etc/passwd', '..', '../x', 'a/../b', 'a/./b', 'a//b', 'a/', './a', 'a/..', 'a\0b', 'a\nb', 'a\rb', 'a b', 'a\\b', 'a%2e%2e',
      'ａ/b', 'a\u2024\u2024/b', 'ä', 'a*', "a'b", 'a"b', 'a$b', 'a;b', 'a\u001b[31m', 'x'.repeat(256), `${'d/'.repeat(128)}x`,
    ]
    test.each(wrongPaths)('the path %j', async (path) => {
      for (const attempt of [
        () => store.read(path), () => store.commit({put: {[path]: 'x'}}), () => store.commit({remove: [path]}), () => store.commit({expect: {[path]: null}}),
        () => store.lock(path, {reason: 'test', timeoutMs: 0}),
      ]) await expect(attempt()).rejects.toThrow(InvalidInputError)
      expect(await store.revision()).toBe(0)
    })

    test('an error about a path shows no control characters', async () => {
      const error = await failure(store.read('a\u001b[31m\nb'))
      expect(error.message).toContain('a\\u001b[31m\\nb')
    })

    test('paths at the limits are taken', async () => {
      const longest = 'x'.repeat(255)
      await store.commit({put: {[longest]: '1', '__proto__/constructor': '2', 'A-Z.a_z:0@9+~/-x': '3'}})
      expect((await store.list('')).map(({data}) => data)).toEqual(['3', '2', '1'])
    })

    test('a file of more than 1 MiB, and none of exactly 1 MiB', async () => {
      await store.commit({put: {big: 'x'.repeat(maxFileBytes)}})
      expect((await store.read('big'))?.data.length).toBe(maxFileBytes)
      const error = await failure(store.commit({put: {big: 'ä'.repeat(maxFileBytes / 2) + 'x', other: 'x'}}))
      expect(error).toBeInstanceOf(InvalidInputError)
      expect(error.message).toMatch(/'big'.*1048577 bytes.*1 MiB/)
      expect(await store.read('other')).toBeUndefined()
    })

    test('a store that would grow beyond its limit; what is there stays, and room can be made', async () => {
      const megabyte = 'x'.repeat(1000 * 1000)
      await store.commit({put: {a: megabyte, b: megabyte, c: megabyte, d: megabyte}})
      const error = await failure(store.commit({put: {e: megabyte}}))
      expect(error).toBeInstanceOf(UnavailableError)
      expect(error.message).toContain('full')
      expect(error.nextSteps.length).toBeGreaterThan(0)
      expect((await store.list('')).map(({path}) => path)).toEqual(['a', 'b', 'c', 'd'])
      await store.commit({remove: ['a'], put: {e: megabyte}})
      await store.commit({put: {e: 'small'}})
      await store.commit({put: {f: megabyte}})
      expect((await store.list('')).map(({path}) => path)).toEqual(['b', 'c', 'd', 'e', 'f'])
    })

    test('NUL characters and half characters in data', async () => {
      await expect(store.commit({put: {a: 'x\0y'}})).rejects.toThrow(InvalidInputError)
      await expect(store.commit({put: {a: 'x\ud800y'}})).rejects.toThrow(InvalidInputError)
      await expect(store.commit({put: {a: '\udc00'}})).rejects.toThrow(InvalidInputError)
      expect(await store.revision()).toBe(0)
    })

    test('a path that is both written and removed, and too many paths at once', async () => {
      await expect(store.commit({put: {a: 'x'}, remove: ['a']})).rejects.toThrow(InvalidInputError)
      const many = Object.fromEntries(Array.from({length: maxChangePaths + 1}, (_, index) => [`f/${index}`, '']))
      await expect(store.commit({put: many})).rejects.toThrow(InvalidInputError)
      delete many['f/0']
      await store.commit({put: many})
      expect((await store.list('f')).length).toBe(maxChangePaths)
    })

    test('expectations that are no revisions', async () => {
      await expect(store.commit({expect: {a: Number.NaN}, put: {a: 'x'}})).rejects.toThrow(InvalidInputError)
      await expect(store.commit({expect: {a: 1.5}, put: {a: 'x'}})).rejects.toThrow(InvalidInputError)
    })
  })

  describe(`${name}: watch`, () => {
    let world: StoreWorld
    let store: Store
    beforeEach(async () => { world = await makeWorld({keptCommits: 300}); store = await world.open() })
    afterEach(async () => { await world.remove() })

    test('tells which paths changed since a revision, each once', async () => {
      await store.commit({put: {'nodes/a': '1', 'nodes/b': '1'}})
      const {revision} = await store.commit({put: {'nodes/c': '1'}})
      await store.commit({put: {'nodes/a': '2'}})
      await store.commit({put: {'nodes/a': '3', other: '1'}, remove: ['nodes/b', 'never-there']})
      expect([...await store.changedPaths(revision)].sort()).toEqual(['nodes/a', 'nodes/b', 'other'])
      expect([...await store.changedPaths(0)].sort()).toEqual(['nodes/a', 'nodes/b', 'nodes/c', 'other'])
      expect(await store.changedPaths(await store.revision())).toEqual([])
      expect(await failure(store.changedPaths(await store.revision() + 1))).toBeInstanceOf(UnavailableError)
      for (let index = 0; index < 700; index++) await store.commit({put: {other: String(index)}})
      expect(await failure(store.changedPaths(1))).toBeInstanceOf(UnavailableError)
    })

    test('tells what happened after a revision, in order, with all events of a commit', async () => {
      const {revision: start} = await store.commit({put: {'a/1': 'x'}})
      const {revision: second} = await store.commit({put: {'a/3': 'x', 'a/2': 'x'}, remove: ['a/1', 'a/none']})
      const {revision: third} = await store.commit({put: {'a/2': 'y'}})
      expect(await take(store.watch('', start, never), 4)).toEqual([
        {path: 'a/1', kind: 'remove', revision: second},
        {path: 'a/2', kind: 'put', revision: second},
        {path: 'a/3', kind: 'put', revision: second},
        {path: 'a/2', kind: 'put', revision: third},
      ])
    })

    test('tells only of files below its prefix, and of the file of that name', async () => {
      await store.commit({put: {'a/1': '', 'ab/1': '', b: '', 'bc': ''}})
      await store.commit({put: {'a/2': ''}})
      expect((await take(store.watch('a', 0, never), 2)).map(({path}) => path)).toEqual(['a/1', 'a/2'])
      expect((await take(store.watch('b', 0, never), 1)).map(({path}) => path)).toEqual(['b'])
    })

    test('hears of another client soon', async () => {
      const other = await world.open()
      const events = store.watch('', 0, never)[Symbol.asyncIterator]()
      const next = events.next()
      await pause(100)
      await other.commit({put: {a: '1'}})
      const startMs = performance.now()
      expect((await next).value).toMatchObject({path: 'a', kind: 'put'})
      expect(performance.now() - startMs).toBeLessThan(900)
      await events.return?.()
    })

    test('loses and repeats nothing while several clients write', async () => {
      const clients = await Promise.all(Array.from({length: 3}, () => world.open()))
      const each = 40
      const seen = take(store.watch('w', 0, never), clients.length * each)
      await Promise.all(clients.map(async (client, index) => {
        for (let round = 0; round < each; round++) await client.commit({put: {[`w/${index}`]: String(round), [`other/${index}`]: ''}})
      }))
      const events = await seen
      const revisions = events.map(({revision}) => revision)
      expect(new Set(revisions).size).toBe(clients.length * each)
      expect(revisions).toEqual([...revisions].sort((one, two) => one - two))
    })

    test('ends when its signal fires, also while it waits', async () => {
      const ending = new AbortController()
      const waiting = take(store.watch('', 0, ending.signal), 1)
      await pause(50)
      ending.abort()
      expect(await waiting).toEqual([])
      expect(await take(store.watch('', 0, AbortSignal.abort()), 1)).toEqual([])
    })

    test('refuses to start from what was dropped, or from the future', async () => {
      for (let round = 0; round < 700; round++) await store.commit({put: {a: String(round)}})
      await expect(take(store.watch('', 1, never), 1)).rejects.toThrow(UnavailableError)
      const newest = await store.revision()
      expect(await take(store.watch('', newest - 200, never), 200)).toHaveLength(200)
      await expect(take(store.watch('', newest + 1, never), 1)).rejects.toThrow(UnavailableError)
      expect(() => store.watch('', -1, never)).toThrow(InvalidInputError)
    })
  })

  describe(`${name}: leases`, () => {
    let world: StoreWorld
    let store: Store
    beforeEach(async () => { world = await makeWorld(); store = await world.open() })
    afterEach(async () => { await world.remove() })

    test('a living lease lets a change through, an expired or revoked one does not', async () => {
      const other = await world.open()
      const lease: Lease = await store.grantLease(5000)
      await other.commit({put: {a: '1'}, fences: [{leaseId: lease.id}]})
      await store.revokeLease(lease.id)
      const before = await store.list('')
      await expect(other.commit({put: {a: '2'}, fences: [{leaseId: lease.id}]})).rejects.toThrow(ConflictError)
      const short = await store.grantLease(100)
      await pause(150)
      await expect(store.commit({put: {a: '3'}, fences: [{leaseId: short.id}]})).rejects.toThrow(ConflictError)
      expect(await store.list('')).toEqual(before)
    })

    test('a lease lives as long as it is kept alive', async () => {
      const lease = await store.grantLease(1500)
      for (let round = 0; round < 4; round++) { await pause(500); await store.keepAlive(lease.id) }
      await store.commit({put: {a: '1'}, fences: [{leaseId: lease.id}]})
      await pause(1600)
      await expect(store.keepAlive(lease.id)).rejects.toThrow(ConflictError)
    })

    test('one dead fence among several stops the change; revoking twice is no error', async () => {
      const [one, two] = [await store.grantLease(5000), await store.grantLease(5000)]
      await store.revokeLease(one.id)
      await store.revokeLease(one.id)
      await expect(store.commit({put: {a: '1'}, fences: [{leaseId: two.id}, {leaseId: one.id}]})).rejects.toThrow(ConflictError)
      await expect(store.commit({put: {a: '1'}, fences: [{leaseId: 'unknown'}]})).rejects.toThrow(ConflictError)
      expect(await store.revision()).toBe(0)
    })

    test.each([0, -1, 1.5, Number.NaN, 2 ** 53])('a time to live of %d ms is refused', async (ttlMs) => {
      await expect(store.grantLease(ttlMs)).rejects.toThrow(InvalidInputError)
    })
  })

  describe(`${name}: locks`, () => {
    let world: StoreWorld
    let store: Store
    beforeEach(async () => { world = await makeWorld(); store = await world.open({node: 'h1'}) })
    afterEach(async () => { await world.remove() })

    test('a free lock is taken at once, says who has it, and is free after its release', async () => {
      const before = Date.now()
      const held = await store.lock('guest/100', {reason: 'qm start 100', timeoutMs: 0})
      expect(held.name).toBe('guest/100')
      expect(held.lost.aborted).toBe(false)
      const holder = await (await world.open({node: 'h2'})).lockHolder('guest/100')
      expect(holder).toMatchObject({reason: 'qm start 100', node: 'h1', pid: process.pid})
      expect(holder?.sinceMs).toBeGreaterThanOrEqual(before)
      await held.release()
      expect(await store.lockHolder('guest/100')).toBeUndefined()
      await (await store.lock('guest/100', {reason: 'again', timeoutMs: 0})).release()
    })

    test('locks of different names do not meet', async () => {
      const one = await store.lock('guest/100', {reason: 'one', timeoutMs: 0})
      const two = await store.lock('guest/101', {reason: 'two', timeoutMs: 0})
      await one.release()
      expect(await store.lockHolder('guest/101')).toMatchObject({reason: 'two'})
      await two.release()
    })

    test('a timeout names the holder, what it does and since when', async () => {
      const held = await store.lock('guest/100', {reason: 'qm start 100', timeoutMs: 0})
      const other = await world.open({node: 'h2'})
      const waits: LockHolder[] = []
      const startMs = performance.now()
      const error = await failure(other.lock('guest/100', {reason: 'qm stop 100', timeoutMs: 300, onWait: (holder) => { waits.push(holder) }}))
      expect(performance.now() - startMs).toBeGreaterThanOrEqual(290)
      expect(performance.now() - startMs).toBeLessThan(10_000)
      expect(error).toBeInstanceOf(UnavailableError)
      expect(error.message).toContain('guest/100')
      expect(error.message).toContain(`'qm start 100' (pid ${process.pid} on h1)`)
      expect(error.message).toMatch(/since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/)
      expect(error.data['holder']).toMatchObject({reason: 'qm start 100', node: 'h1', pid: process.pid})
      expect(waits).toHaveLength(1)
      expect(waits[0]).toMatchObject({reason: 'qm start 100', node: 'h1'})
      const at = performance.now()
      await expect(other.lock('guest/100', {reason: 'qm stop 100', timeoutMs: 0})).rejects.toThrow(/qm start 100/)
      expect(performance.now() - at).toBeLessThan(5000)
      await held.release()
      await (await other.lock('guest/100', {reason: 'next', timeoutMs: 0})).release()
    })

    test('waiters get the lock in the order in which they came', async () => {
      const clients = await Promise.all(Array.from({length: 6}, () => world.open()))
      const held = await store.lock('guest/100', {reason: 'first', timeoutMs: 0})
      const order: number[] = []
      const waiters: Promise<void>[] = []
      for (const [index, client] of clients.entries()) {
        const queued = new Promise<void>((resolve) => {
          waiters.push((async () => {
            const mine = await client.lock('guest/100', {reason: `waiter ${index}`, timeoutMs: 10_000, onWait: () => { resolve() }})
            order.push(index)
            await pause(5)
            await mine.release()
          })())
        })
        await queued
      }
      await held.release()
      await Promise.all(waiters)
      expect(order).toEqual([0, 1, 2, 3, 4, 5])
    })

    test('only one holds a lock at any time', async () => {
      const clients = await Promise.all(Array.from({length: 5}, () => world.open()))
      let inside = 0
      let most = 0
      await Promise.all(clients.map(async (client) => {
        for (let round = 0; round < 6; round++) {
          const held = await client.lock('storage/local', {reason: 'test', timeoutMs: 15_000})
          most = Math.max(most, ++inside)
          await client.commit({put: {a: String(round)}, fences: [held.fence]})
          inside--
          await held.release()
        }
      }))
      expect(most).toBe(1)
    })

    test('a waiter that is cancelled leaves the queue at once', async () => {
      const held = await store.lock('guest/100', {reason: 'first', timeoutMs: 0})
      const stopping = new AbortController()
      const other = await world.open()
      const waiting = failure(other.lock('guest/100', {reason: 'cancelled', timeoutMs: 10_000, signal: stopping.signal, onWait: () => { setTimeout(() => { stopping.abort() }, 20) }}))
      expect(await waiting).toBeInstanceOf(CancelledError)
      await held.release()
      const next = await store.lock('guest/100', {reason: 'next', timeoutMs: 0})
      await next.release()
      expect(await failure(store.lock('guest/100', {reason: 'late', timeoutMs: 0, signal: AbortSignal.abort()}))).toBeInstanceOf(CancelledError)
      expect(await store.lockHolder('guest/100')).toBeUndefined()
    })

    test('a waiter that gave up does not hold up those behind it', async () => {
      const held = await store.lock('guest/100', {reason: 'first', timeoutMs: 0})
      const other = await world.open()
      const impatient = failure(other.lock('guest/100', {reason: 'impatient', timeoutMs: 150}))
      await pause(50)
      const patient = other.lock('guest/100', {reason: 'patient', timeoutMs: 5000})
      expect((await impatient).kind).toBe('unavailable')
      await held.release()
      await (await patient).release()
    })

    test('a reason is shown on one line without control characters', async () => {
      const held = await store.lock('guest/100', {reason: 'qm set\n--name \u001b[31mred', timeoutMs: 0})
      expect((await store.lockHolder('guest/100'))?.reason).toBe('qm set --name [31mred')
      await held.release()
    })

    test('a shared lock is held by many at once, and by nobody alone meanwhile', async () => {
      const clients = await Promise.all(Array.from({length: 5}, () => world.open()))
      const sharing = await Promise.all(clients.map((client) => client.lock('guest/100', {reason: 'qm clone 100', mode: 'shared', timeoutMs: 1000})))
      await Promise.all(sharing.map(async (held, index) => clients[index]?.commit({put: {[`clone/${index}`]: ''}, fences: [held.fence]})))
      expect(await store.lockHolder('guest/100')).toMatchObject({reason: 'qm clone 100'})
      await expect(store.lock('guest/100', {reason: 'qm destroy 100', timeoutMs: 50})).rejects.toThrow(/held by 'qm clone 100'/)
      for (const held of sharing.slice(1)) await held.release()
      await expect(store.lock('guest/100', {reason: 'qm destroy 100', timeoutMs: 50})).rejects.toThrow(UnavailableError)
      await sharing[0]?.release()
      const alone = await store.lock('guest/100', {reason: 'qm destroy 100', timeoutMs: 0})
      await expect(store.lock('guest/100', {reason: 'qm clone 100', mode: 'shared', timeoutMs: 0})).rejects.toThrow(/held by 'qm destroy 100'/)
      await alone.release()
    })

    test('one who wants a shared lock alone is not starved: later sharers come after it, all together', async () => {
      const [writer, ...readers] = await Promise.all(Array.from({length: 5}, () => world.open()))
      const first = await store.lock('guest/100', {reason: 'first', mode: 'shared', timeoutMs: 0})
      const order: string[] = []
      const waits: string[] = []
      const queued = (client: Store | undefined, reason: string, mode: LockMode) => new Promise<{taken: Promise<HeldLock | undefined>}>((resolve) => {
        const locked = client?.lock('guest/100', {reason, mode, timeoutMs: 10_000, onWait: (holder) => { waits.push(`${reason} after ${holder.reason}`); resolve({taken}) }})
        const taken = (async () => { const held = await locked; order.push(reason); return held })()
      })
      const alone = await queued(writer, 'writer', 'exclusive')
      const together = await Promise.all(readers.map((client, index) => queued(client, `reader ${index}`, 'shared')))
      expect(order).toEqual([])
      await first.release()
      const held = await alone.taken
      await pause(50)
      expect(order).toEqual(['writer'])
      await held?.release()
      const sharing = await Promise.all(together.map((one) => one.taken))
      expect(order).toHaveLength(5)
      expect(waits).toHaveLength(5)
      expect(waits.every((line) => line.endsWith('after first'))).toBe(true)
      for (const one of sharing) await one?.release()
    })

    test('a sharer whose lease is gone, behind one that lives, holds nobody up', async () => {
      const [one, two] = [await world.open(), await world.open()]
      const living = await one.lock('guest/100', {reason: 'living', mode: 'shared', timeoutMs: 0})
      const dead = await two.lock('guest/100', {reason: 'dead', mode: 'shared', timeoutMs: 0})
      const alone = store.lock('guest/100', {reason: 'alone', timeoutMs: 10_000})
      await store.revokeLease(dead.fence.leaseId)
      await expect(two.commit({put: {a: '1'}, fences: [dead.fence]})).rejects.toThrow(ConflictError)
      await living.release()
      await (await alone).release()
    })

    test('everybody in a long queue is served', async () => {
      const clients = await Promise.all(Array.from({length: 5}, () => world.open()))
      const order: number[] = []
      await Promise.all(Array.from({length: 40}, async (_, index) => {
        const held = await (clients[index % 5] ?? store).lock('storage/local', {reason: `waiter ${index}`, timeoutMs: 20_000})
        order.push(index)
        await held.release()
      }))
      expect([...order].sort((first, second) => first - second)).toEqual(Array.from({length: 40}, (_, index) => index))
    })

    test('closing a client releases its locks', async () => {
      const other = await world.open()
      await other.lock('guest/100', {reason: 'closing', timeoutMs: 0})
      await other.close()
      await (await store.lock('guest/100', {reason: 'next', timeoutMs: 0})).release()
    })
  })

  describe(`${name}: fencing`, () => {
    let world: StoreWorld
    let store: Store
    beforeEach(async () => { world = await makeWorld({lockTtlMs: 1500}); store = await world.open() })
    afterEach(async () => { await world.remove() })

    test('the fence of a held lock lets a change through; of a released one, or of another lock, it does not', async () => {
      const held = await store.lock('guest/100', {reason: 'test', timeoutMs: 0})
      await store.commit({put: {a: '1'}, fences: [held.fence]})
      await expect(store.commit({put: {a: '2'}, fences: [{...held.fence, lock: 'guest/101'}]})).rejects.toThrow(ConflictError)
      await held.release()
      const error = await failure(store.commit({put: {a: '3'}, fences: [held.fence]}))
      expect(error).toBeInstanceOf(ConflictError)
      expect(error.message).toContain('guest/100')
      expect((await store.read('a'))?.data).toBe('1')
    })

    test('a held lock outlives its lease time while its holder works', async () => {
      const held = await store.lock('guest/100', {reason: 'long work', timeoutMs: 0})
      await pause(3200)
      expect(held.lost.aborted).toBe(false)
      await store.commit({put: {a: '1'}, fences: [held.fence]})
      await held.release()
    })

    test('a waiter keeps its place for longer than the lease time', async () => {
      const held = await store.lock('guest/100', {reason: 'long work', timeoutMs: 0})
      const other = await world.open()
      const order: string[] = []
      const locked = (reason: string) => other.lock('guest/100', {reason, timeoutMs: 10_000}).then((lock: HeldLock) => { order.push(reason); return lock.release() })
      const first = locked('first')
      await pause(3200)
      const second = locked('second')
      await pause(50)
      await held.release()
      await Promise.all([first, second])
      expect(order).toEqual(['first', 'second'])
    })

    test('revoking the lease of a lock passes it on, and its old holder learns that it lost it and writes nothing', async () => {
      const held = await store.lock('guest/100', {reason: 'loser', timeoutMs: 0})
      const other = await world.open()
      await other.revokeLease(held.fence.leaseId)
      const next = await other.lock('guest/100', {reason: 'winner', timeoutMs: 0})
      await expect(store.commit({put: {a: 'loser'}, fences: [held.fence]})).rejects.toThrow(ConflictError)
      await other.commit({put: {a: 'winner'}, fences: [next.fence]})
      for (let waitedMs = 0; waitedMs < 10_000 && !held.lost.aborted; waitedMs += 20) await pause(20)
      expect(held.lost.aborted).toBe(true)
      await held.release()
      expect(await store.lockHolder('guest/100')).toMatchObject({reason: 'winner'})
      await next.release()
    })
  })
}
