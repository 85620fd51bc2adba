// What the store costs: bytes written for a small file, and lists of many guests.
import {randomBytes} from 'node:crypto'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {systemClock} from '../../../../src/lib/base/index.ts'
import type {Store} from '../../../../src/lib/store/index.ts'
import {openSqliteStore} from '../../../../src/lib/store/sqlite/index.ts'

let folder: string
let store: Store
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'corral-cost-'))
  store = await openSqliteStore({path: join(folder, 'config.db'), node: 'h1', clock: systemClock})
})
afterEach(async () => {
  await store.close()
  rmSync(folder, {recursive: true})
})

/** Bytes that this process gave to write calls (proc(5), /proc/PID/io). */
function writtenBytes(): number {
  return Number(/^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
}

test('a file of 4 KiB costs less than four times its size, checkpoints included', async () => {
  const count = 400
  const before = writtenBytes()
  for (let index = 0; index < count; index++) {
    await store.commit({put: {[`nodes/h1/qemu-server/${100 + (index % 50)}.conf`]: randomBytes(2048).toString('hex')}})
  }
  await store.close()
  expect((writtenBytes() - before) / count / 4096).toBeLessThan(4)
})

test('ten thousand guests are listed whole, in order', {timeout: 60_000}, async () => {
  for (let first = 100; first < 10_100; first += 1000) {
    await store.commit({put: Object.fromEntries(Array.from({length: 1000}, (_, index) => [`nodes/h1/qemu-server/${first + index}.conf`, `name: guest-${first + index}\nmemory: 2048\n`]))})
  }
  const startMs = performance.now()
  const files = await store.list('nodes/h1/qemu-server')
  expect(performance.now() - startMs).toBeLessThan(5000)
  expect(files).toHaveLength(10_000)
  expect(files.map(({path}) => path)).toEqual(files.map(({path}) => path).sort())
})
