// One command in a process of its own, for tests that kill it: `node storage-program.mjs 'pvesm alloc' '{"storage":"local",…}'`.
import {catalog} from '../../../src/lib/catalog.ts'
import {checkParams} from '../../../src/lib/spec/validate.ts'
import {localContext, runHandler} from '../../../src/lib/tasks/index.ts'

const [command = '', params = '{}'] = process.argv.slice(2)
const entry = catalog.commands[command]
if (entry === undefined) throw new Error(`there is no command ${command}`)
const {handler} = await entry.handler()
const {context, close} = await localContext({
  env: process.env, catalog, workerArgv: [], signal: new AbortController().signal, uid: 0,
  log: {info: () => undefined, warn: (line) => { console.error(line) }, progress: () => undefined},
})
try {
  await runHandler(handler, checkParams(handler.spec.params, JSON.parse(params) as Record<string, unknown>), context)
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  await close()
}
