// Asks the agent of a guest about a program that it ran.
import {handleRead} from '../../../tasks/index.ts'
import {execStatus} from '../agent/actions/exec.ts'
import {assertAgent} from '../agent/guest-with-agent.ts'
import {spec} from './guest-exec-status.spec.ts'

export const handler = handleRead(spec, async ({vmid, pid}, context) => {
  await assertAgent(vmid, context)
  return execStatus(vmid, pid, context)
})
