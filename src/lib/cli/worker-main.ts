// The program of a task's worker (tasks/worker.ts); it is here because only this layer may know the catalog.
import {workerProgram} from '../tasks/worker.ts'
import {workerArgv} from './worker-argv.ts'

/** Settles never in a good run: the worker ends the process. No top-level await, so that the build can make a plain script of this. */
export const ended = workerProgram({loadCatalog: async () => (await import('../catalog.ts')).catalog, workerArgv: workerArgv()})
