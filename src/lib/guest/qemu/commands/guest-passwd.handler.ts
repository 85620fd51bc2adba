// Has the agent of a guest set a password there. The password is in Context.inputs, never in the plan.
import {handleChange} from '../../../tasks/index.ts'
import {assertAgent} from '../agent/guest-with-agent.ts'
import {spec} from './guest-passwd.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [],
  plan: async ({vmid, username, crypted = false}, context) => {
    await assertAgent(vmid, context)
    return {
      steps: [{do: {kind: 'guest.ask-agent', vmid, execute: 'guest-set-user-password', args: {username, crypted}, secretArgs: {password: 'password'}}}],
      resultOfStep: 0, whenInterrupted: 'undo',
    }
  },
})
