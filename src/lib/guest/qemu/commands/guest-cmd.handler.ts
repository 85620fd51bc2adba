// Asks the agent of a guest one of the things that it knows. It takes no lock: an answer is wanted while a backup or a clone runs as well.
import {handleChange} from '../../../tasks/index.ts'
import type {AgentCommand} from '../agent/agent-commands.ts'
import {agentCommands} from '../agent/agent-commands.ts'
import {assertAgent} from '../agent/guest-with-agent.ts'
import {spec} from './guest-cmd.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [],
  plan: async ({vmid, command}, context) => {
    await assertAgent(vmid, context)
    const wanted: AgentCommand = agentCommands[command]
    return {steps: [{do: {kind: 'guest.ask-agent', vmid, ...wanted}}], resultOfStep: 0, whenInterrupted: 'undo'}
  },
})
