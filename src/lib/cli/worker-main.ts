// The program of a task's worker (tasks/worker.ts); it is here because only this layer may know the catalog.
import {workerProgram} from '../tasks/worker.ts'
import {workerArgv} from './worker-argv.ts'

await workerProgram({loadCatalog: async () => (await import('../catalog.ts')).catalog, workerArgv: workerArgv()})
