// Opens a console of a running container, on the caller's terminal.
import {AppError} from '../../../base/index.ts'
import {handleRead} from '../../../tasks/index.ts'
import {readContainer} from '../kind.ts'
import {runAttached} from '../runtime/attach.ts'
import {consoleArgv} from '../runtime/console.ts'
import {spec} from './console.spec.ts'

export const handler = handleRead(spec, async ({vmid, escape = '^a'}, context): Promise<null> => {
  if (context.terminal === undefined) throw new AppError('internal', 'pct console was called without a terminal')
  const {config} = await readContainer(vmid, context)
  await runAttached(vmid, consoleArgv(context.places, vmid, config.current.values, escape), context)
  return null
})
