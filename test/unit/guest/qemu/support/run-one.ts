// A process that runs one command and ends: argv holds the command and its parameters as JSON; the environment says where.
import {catalog} from '../../../../../src/lib/catalog.ts'
import {localContext} from '../../../../../src/lib/tasks/index.ts'
import {runHandler} from '../../../../../src/lib/tasks/index.ts'

const [command = '', params = '{}'] = process.argv.slice(2)
const log = {info: () => undefined, warn: () => undefined, progress: () => undefined}
const {context, close} = await localContext({env: process.env, catalog, workerArgv: [], log, signal: new AbortController().signal, uid: 0})
const entry = catalog.commands[command]
if (entry === undefined) throw new Error(`there is no ${command}`)
const {handler} = await entry.handler()
try {
  await runHandler(handler, JSON.parse(params) as Record<string, unknown>, context)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : 'unknown'}\n`)
  process.exitCode = 3
} finally {
  await close()
}
