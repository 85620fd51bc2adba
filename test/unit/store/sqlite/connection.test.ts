import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {AppError, systemClock} from '../../../../src/lib/base/index.ts'
import {Connection} from '../../../../src/lib/store/sqlite/connection.ts'
import {openSqliteStore} from '../../../../src/lib/store/sqlite/index.ts'

let folder: string
let path: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'corral-connection-')); path = join(folder, 'a.db'); writeFileSync(path, '', {mode: 0o600}) })
afterEach(() => { rmSync(folder, {recursive: true}) })

test('a connection syncs each commit when it is asked to be durable, and otherwise only checkpoints', async () => {
  for (const [durability, synchronous] of [['full', 2], ['normal', 1]] as const) {
    const connection = await Connection.open({path, durability, busyTimeoutMs: 100})
    expect(await connection.all('PRAGMA synchronous')).toEqual([{synchronous}])
    await connection.close()
  }
})

test('the store uses a WAL and small pages', async () => {
  const stored = join(folder, 'store', 'config.db')
  await (await openSqliteStore({path: stored, node: 'h1', clock: systemClock})).close()
  const connection = await Connection.open({path: stored, durability: 'full', busyTimeoutMs: 100})
  expect(await connection.all('PRAGMA journal_mode')).toEqual([{journal_mode: 'wal'}])
  expect(await connection.all('PRAGMA page_size')).toEqual([{page_size: 1024}])
  await connection.close()
})

test('a statement leaves no transaction open, also when it gave rows or failed', async () => {
  const [one, two] = await Promise.all([0, 1].map(() => Connection.open({path, durability: 'full', busyTimeoutMs: 50})))
  if (one === undefined || two === undefined) throw new Error('no connections')
  await one.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (a INTEGER PRIMARY KEY)')
  expect(await one.all('INSERT INTO t VALUES (?), (?) RETURNING a', [1, 2])).toEqual([{a: 1}, {a: 2}])
  await two.all('INSERT INTO t VALUES (3)')
  await expect(one.all('INSERT INTO t VALUES (4), (1)')).rejects.toThrow(AppError)
  await two.all('INSERT INTO t VALUES (4)')
  expect(await one.first('SELECT a FROM t ORDER BY a LIMIT 1')).toEqual({a: 1})
  await two.all('DELETE FROM t WHERE a = 1')
  expect(await one.all('SELECT a FROM t')).toEqual([{a: 2}, {a: 3}, {a: 4}])
  await one.close()
  await two.close()
})

test('a wrong statement and a closed connection give AppErrors', async () => {
  const connection = await Connection.open({path, durability: 'full', busyTimeoutMs: 50})
  await expect(connection.all('SELEKT')).rejects.toThrow(AppError)
  await expect(connection.all('SELEKT')).rejects.toThrow(AppError)
  await connection.close()
  await expect(connection.all('SELECT 1')).rejects.toThrow(AppError)
  await expect(Connection.open({path: join(folder, 'none.db'), durability: 'full', busyTimeoutMs: 50})).rejects.toThrow(AppError)
})
