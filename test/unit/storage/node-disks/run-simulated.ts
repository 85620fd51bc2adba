// A process that runs one command on the simulated disks of a folder and ends: argv holds the command, its parameters as JSON and the folder.
import {catalog} from '../../../../src/lib/catalog.ts'
import {localContext, runHandler} from '../../../../src/lib/tasks/index.ts'
import {simulatedDisks} from '../../../support/simulated-disks.ts'

const [command = '', params = '{}', folder = ''] = process.argv.slice(2)
const log = {info: () => undefined, warn: () => undefined, progress: () => undefined}
const {context, close} = await localContext({env: process.env, catalog, workerArgv: [], log, signal: new AbortController().signal, uid: 0})
const entry = catalog.commands[command]
if (entry === undefined) throw new Error(`there is no ${command}`)
const {handler} = await entry.handler()
try {
  await runHandler(handler, JSON.parse(params) as Record<string, unknown>, {...context, host: simulatedDisks(folder, context.host).host})
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : 'unknown'}\n`)
  process.exitCode = 3
} finally {
  await close()
}
