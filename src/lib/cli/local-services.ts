// The tasks domain's services on this machine, as the command line uses them.
import {localContext} from '../tasks/local-context.ts'
import type {Services} from './services.ts'
import type {Surroundings} from './surroundings.ts'
import {workerArgv} from './worker-argv.ts'

export function localServices({catalog, env}: Pick<Surroundings, 'catalog' | 'env'>): Services {
  return {
    withContext: async (wishes, work) => {
      const {context, close} = await localContext({env, catalog, workerArgv: workerArgv(), ...wishes})
      try {
        return await work(context)
      } finally {
        await close()
      }
    },
  }
}
