// A process that saves virtual machine 100 in the repository of the storage `kept` and ends: argv holds the time of the backup; the environment says where.
import {catalog} from '../../../../../src/lib/catalog.ts'
import {localContext} from '../../../../../src/lib/tasks/index.ts'
import {saveInRepository} from './save-in-repository.ts'

const log = {info: () => undefined, warn: () => undefined, progress: () => undefined}
const {context, close} = await localContext({env: process.env, catalog, workerArgv: [], log, signal: new AbortController().signal, uid: 0})
try {
  await saveInRepository(Number(process.argv[2]), context)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : 'unknown'}\n`)
  process.exitCode = 3
} finally {
  await close()
}
