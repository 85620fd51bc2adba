// A process that backs container 200 up and ends: argv holds what is wanted as JSON; the environment says where.
import {catalog} from '../../../../../src/lib/catalog.ts'
import {localContext} from '../../../../../src/lib/tasks/index.ts'
import {backUp} from './back-up.ts'
import type {Wanted} from './back-up.ts'

const log = {info: () => undefined, warn: () => undefined, progress: () => undefined}
const {context, close} = await localContext({env: process.env, catalog, workerArgv: [], log, signal: new AbortController().signal, uid: 0})
try {
  await backUp(200, JSON.parse(process.argv[2] ?? '{}') as Wanted, context)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : 'unknown'}\n`)
  process.exitCode = 3
} finally {
  await close()
}
