// Runs a command in a running container, on the caller's own streams, and ends as it ends.
import {AppError, InvalidInputError} from '../../../base/index.ts'
import {handleRead} from '../../../tasks/index.ts'
import {attachArgv, runAttached} from '../runtime/attach.ts'
import {spec} from './exec.spec.ts'

export const handler = handleRead(spec, async ({vmid, 'extra-args': words = [], 'keep-env': keepEnv}, context): Promise<null> => {
  if (context.terminal === undefined) throw new AppError('internal', 'pct exec was called without a terminal')
  if (words.length === 0) throw new InvalidInputError('there is no command to run', {'extra-args': 'is missing'}, {nextSteps: [`For example: pct exec ${vmid} -- ls /`]})
  await runAttached(vmid, attachArgv(context.places, vmid, keepEnv !== false, words), context)
  return null
})
