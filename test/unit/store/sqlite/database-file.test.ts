// Who may get at the database file, and what is said when it cannot be used.
import {chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import sqlite3 from 'sqlite3'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {AppError, ForbiddenError, UnavailableError, UnsupportedError, systemClock} from '../../../../src/lib/base/index.ts'
import type {Store} from '../../../../src/lib/store/index.ts'
import {openSqliteStore} from '../../../../src/lib/store/sqlite/index.ts'
import {startClient} from './start-client.ts'

let folder: string
let path: string
const stores: Store[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'corral-file-'))
  path = join(folder, 'store', 'config.db')
})
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()))
  rmSync(folder, {recursive: true})
})

async function open(settings: {busyTimeoutMs?: number} = {}): Promise<Store> {
  const store = await openSqliteStore({path, node: 'h1', clock: systemClock, ...settings})
  stores.push(store)
  return store
}

async function refusal(promise: Promise<unknown>): Promise<AppError> {
  const error: unknown = await promise.then(() => undefined, (caught: unknown) => caught)
  if (!(error instanceof AppError)) throw new Error('expected an AppError', {cause: error})
  expect(error.message).toContain(path)
  return error
}

/** Runs statements over a connection of its own. */
function raw(sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(path, (openError) => {
      if (openError !== null) { reject(openError); return }
      database.exec(sql, (error) => { database.close(() => { if (error === null) resolve(); else reject(error) }) })
    })
  })
}

describe('privacy', () => {
  test('folder and files are made for the owner only, whatever the umask', async () => {
    const before = process.umask(0)
    try {
      const store = await open()
      await store.commit({put: {a: '1'}})
      await (await store.lock('guest/100', {reason: 'test', timeoutMs: 0})).release()
    } finally {
      process.umask(before)
    }
    expect(statSync(join(folder, 'store')).mode & 0o777).toBe(0o700)
    for (const suffix of ['', '-wal', '-shm']) expect(statSync(path + suffix).mode & 0o777).toBe(0o600)
  })

  test('a database that others can read is refused, with the command that helps', async () => {
    await (await open()).close()
    chmodSync(path, 0o640)
    const error = await refusal(open())
    expect(error).toBeInstanceOf(ForbiddenError)
    expect(error.nextSteps.join()).toContain(`chmod 600 ${path}`)
  })

  test('a folder in which others can write is refused', async () => {
    mkdirSync(join(folder, 'store'))
    chmodSync(join(folder, 'store'), 0o770)
    path = join(folder, 'store', 'config.db')
    const error: unknown = await open().catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(ForbiddenError)
    expect(String(error)).toContain(join(folder, 'store'))
  })

  test('a symbolic link or a folder in its place is refused', async () => {
    const store = join(folder, 'store')
    mkdirSync(store, {mode: 0o700})
    writeFileSync(join(folder, 'elsewhere.db'), '', {mode: 0o600})
    symlinkSync(join(folder, 'elsewhere.db'), path)
    expect((await refusal(open())).kind).toBe('forbidden')
    rmSync(path)
    mkdirSync(path)
    expect((await refusal(open())).kind).toBe('forbidden')
  })
})

describe('versions', () => {
  test('a store of a newer Corral is refused in words, and left alone', async () => {
    await (await open()).close()
    await raw('PRAGMA user_version = 1000')
    const before = readFileSync(path)
    const error = await refusal(open())
    expect(error).toBeInstanceOf(UnsupportedError)
    expect(error.message).toMatch(/newer Corral.*version 1000/)
    expect(readFileSync(path)).toEqual(before)
  })

  test('a database of another program is refused', async () => {
    mkdirSync(join(folder, 'store'), {mode: 0o700})
    writeFileSync(path, '', {mode: 0o600})
    await raw('CREATE TABLE bookmarks (url TEXT)')
    expect((await refusal(open())).message).toContain('not a configuration store of Corral')
  })

  test('what was there is there after it is opened again; an interrupted creation is completed', async () => {
    mkdirSync(join(folder, 'store'), {mode: 0o700})
    writeFileSync(path, '', {mode: 0o600})
    await raw('PRAGMA page_size = 1024; PRAGMA journal_mode = WAL')
    const {revision} = await (await open()).commit({put: {a: '1'}})
    expect(await (await open()).read('a')).toMatchObject({data: '1', revision})
  })
})

describe('damage', () => {
  test('a file that is no database', async () => {
    mkdirSync(join(folder, 'store'), {mode: 0o700})
    writeFileSync(path, 'not a database, but long enough to have a header of a hundred bytes'.repeat(20), {mode: 0o600})
    const error = await refusal(open())
    expect(error.message).toContain('damaged')
    expect(error.nextSteps.length).toBeGreaterThan(0)
  })

  test('a database that was cut off', async () => {
    const store = await open()
    for (let index = 0; index < 20; index++) await store.commit({put: {[`f/${index}`]: 'x'.repeat(10_000)}})
    await store.close()
    truncateSync(path, 30 * 1024)
    const error = await refusal((async () => { await (await open()).list('') })())
    expect(error.message).toContain('damaged')
  })

  test('pages that were overwritten', async () => {
    const store = await open()
    for (let index = 0; index < 20; index++) await store.commit({put: {[`f/${index}`]: 'x'.repeat(10_000)}})
    await store.close()
    const data = readFileSync(path)
    for (let offset = 1024; offset < data.length; offset += 1024) data.fill(0xff, offset, offset + 64)
    writeFileSync(path, data)
    expect((await refusal((async () => { await (await open()).list('') })())).message).toContain('damaged')
  })
})

test('a store that another process keeps busy is waited for, for a limited time', async () => {
  const store = await open({busyTimeoutMs: 200})
  const other = new sqlite3.Database(path)
  const run = (sql: string) => new Promise<void>((resolve, reject) => { other.exec(sql, (error) => { if (error === null) resolve(); else reject(error) }) })
  await run('BEGIN IMMEDIATE')
  const startMs = performance.now()
  const error = await refusal(store.commit({put: {a: '1'}}))
  expect(performance.now() - startMs).toBeLessThan(3000)
  expect(error).toBeInstanceOf(UnavailableError)
  expect(error.message).toContain('busy')
  expect(await store.list('')).toEqual([])
  const written = store.commit({put: {a: '2'}})
  await run('ROLLBACK')
  await written
  await new Promise((resolve) => { other.close(resolve) })
})

describe('disks', () => {
  /** Runs the client with a small file system of its own over `store`, which nobody else sees. */
  const onSmallDisk = (script: string) => [
    'unshare', '--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), 'sh', '-c',
    `mount -t tmpfs -o size=512k,mode=700 tmpfs "${join(folder, 'store')}" && ${script} exec "$@"`, 'sh',
  ]

  test('a full disk gives an error, loses nothing, and the store works again when there is room', async () => {
    mkdirSync(join(folder, 'store'), {mode: 0o700})
    const client = await startClient(path, undefined, onSmallDisk(''))
    expect((await client.ask({do: 'commit', change: {put: {small: 'kept'}}})).error).toBeUndefined()
    const acknowledged: string[] = []
    let refused
    for (let index = 0; index < 30 && refused === undefined; index++) {
      const answer = await client.ask({do: 'commit', change: {put: {[`f/${index}`]: 'x'.repeat(40_000)}}})
      if (answer.error === undefined) acknowledged.push(`f/${index}`)
      else refused = answer
    }
    expect(refused).toMatchObject({error: 'unavailable'})
    expect(refused?.message).toContain('no space left')
    const revision = acknowledged.length + 1
    expect(await client.ask({do: 'commit', change: {expect: Object.fromEntries(acknowledged.map((name, index) => [name, index + 2]))}})).toEqual({ok: {revision}})
    await client.end()
  })

  test('a read-only file system gives an error that says so', async () => {
    mkdirSync(join(folder, 'store'), {mode: 0o700})
    await (await open()).close()
    const wrapper = ['unshare', '--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), 'sh', '-c',
      `mount --bind "${join(folder, 'store')}" "${join(folder, 'store')}" && mount -o remount,bind,ro "${join(folder, 'store')}" && exec "$@"`, 'sh']
    const client = await startClient(path, undefined, wrapper)
    const answer = await client.ask({do: 'commit', change: {put: {a: '1'}}})
    expect(answer.message ?? '').toMatch(/read-only/)
    await client.end()
  })
})
