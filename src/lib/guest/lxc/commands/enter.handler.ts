// Opens a shell in a running container, on the caller's terminal.
import {AppError} from '../../../base/index.ts'
import {handleRead} from '../../../tasks/index.ts'
import {attachArgv, runAttached} from '../runtime/attach.ts'
import {spec} from './enter.spec.ts'

export const handler = handleRead(spec, async ({vmid, 'keep-env': keepEnv}, context): Promise<null> => {
  if (context.terminal === undefined) throw new AppError('internal', 'pct enter was called without a terminal')
  await runAttached(vmid, attachArgv(context.places, vmid, keepEnv !== false, []), context)
  return null
})
