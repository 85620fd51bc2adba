// A client of the store in a process of its own: does what the lines on its standard input ask for (JSON), one after the other, and
// answers each with a line `{ok: …}` or `{error: …, message: …}`.
import {createInterface} from 'node:readline'
import {AppError, systemClock} from '../../../../../src/lib/base/index.ts'
import type {HeldLock} from '../../../../../src/lib/store/index.ts'
import {openSqliteStore} from '../../../../../src/lib/store/sqlite/index.ts'
import type {Request} from '../start-client.ts'

const [path = '', lockTtlMs = '30000'] = process.argv.slice(2)
const opening = openSqliteStore({path, node: 'child', clock: systemClock, lockTtlMs: Number(lockTtlMs)})
let held: HeldLock | undefined

async function answer(request: Request): Promise<unknown> {
  const store = await opening
  switch (request.do) {
    case 'lock':
      held = await store.lock(request.name, {reason: request.reason, timeoutMs: request.timeoutMs})
      return held.fence
    case 'commit':
      return store.commit({...request.change, ...(held === undefined ? {} : {fences: [held.fence]})})
    case 'write-many':
      for (let round = 0; round < request.count; round++) await store.commit({put: {[request.path]: String(round)}})
      return store.revision()
    case 'lost':
      return held?.lost.aborted
    case 'release':
      await held?.release()
      held = undefined
      return undefined
  }
}

opening.catch(() => undefined)
for await (const line of createInterface({input: process.stdin})) {
  const result = await answer(JSON.parse(line) as Request).then(
    (ok) => ({ok}),
    (error: unknown) => ({error: error instanceof AppError ? error.kind : 'bug', message: String(error)}))
  console.log(JSON.stringify(result))
}
await (await opening).close()
