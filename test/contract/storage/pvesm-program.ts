// One pvesm command in a process of its own, for tests that kill it: `node pvesm-program.mjs alloc '{"storage":"local",…}'`.
import {checkParams} from '../../../src/lib/spec/validate.ts'
import {actionLoaders} from '../../../src/lib/storage/actions/index.ts'
import {commands} from '../../../src/lib/storage/commands/index.ts'
import {actionLoaders as taskActions} from '../../../src/lib/tasks/actions/index.ts'
import {localContext, runHandler} from '../../../src/lib/tasks/index.ts'

const [command = '', params = '{}'] = process.argv.slice(2)
const entry = commands[`pvesm ${command}`]
if (entry === undefined) throw new Error(`there is no command pvesm ${command}`)
const {handler} = await entry.handler()
const {context, close} = await localContext({
  env: process.env, catalog: {commands, actionLoaders: {...taskActions, ...actionLoaders}}, workerArgv: [], signal: new AbortController().signal, uid: 0,
  log: {info: () => undefined, warn: (line) => { console.error(line) }, progress: () => undefined},
})
try {
  const outcome = await runHandler(handler, checkParams(handler.spec.params, JSON.parse(params) as Record<string, unknown>), context)
  console.log(JSON.stringify(outcome))
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  await close()
}
