// The entry file of a worker process (tasks/worker.ts), started by tasks/start-task.ts. All that it adds is the catalog.
import {workerProgram} from '../tasks/worker.ts'
import {workerArgv} from './worker-argv.ts'

await workerProgram({
  loadCatalog: async () => (await import('../catalog.ts')).catalog,
  workerArgv: workerArgv(),
})
