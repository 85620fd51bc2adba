// This machine as one of several hosts: it answers reads through the same interface as an agent does.
import {NotFoundError} from '../../base/index.ts'
import type {Log} from '../../tasks/index.ts'
import type {Surroundings} from '../surroundings.ts'
import type {Reader} from './host-links.ts'

export function localReader({catalog, services}: Surroundings): Reader {
  return {
    run: async ({command, params}, {onLog}, signal) => {
      const entry = Object.hasOwn(catalog.commands, command) || command in catalog.commands ? catalog.commands[command] : undefined
      if (entry === undefined) throw new NotFoundError(`there is no command '${command}'`)
      const log: Log = {
        info: (text) => onLog({level: 'info', text}),
        warn: (text) => onLog({level: 'warn', text}),
        notice: (text) => onLog({level: 'notice', text}),
        progress: (done, total, what, unit) => onLog({level: 'progress', what, done, total, ...(unit === undefined ? {} : {unit})}),
      }
      const {handler} = await entry.handler()
      const {runHandler} = await import('../../tasks/run-command.ts')
      return (await services()).withContext({log, signal}, (context) => runHandler(handler, params, context))
    },
  }
}
