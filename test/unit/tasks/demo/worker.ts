// The entry file of a worker that knows the demonstration commands.
import {workerProgram} from '../../../../src/lib/tasks/worker.ts'
import {demoCatalog} from './catalog.ts'

await workerProgram({loadCatalog: async () => demoCatalog, workerArgv: [process.execPath, process.argv[1] ?? '']})
