// Has the agent of a guest run a program there.
import {InvalidInputError} from '../../../base/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {assertAgent} from '../agent/guest-with-agent.ts'
import {limitMs} from '../runtime/timeouts.ts'
import {spec} from './guest-exec.spec.ts'

const defaultWaitSeconds = 30

export const handler = handleChange(spec, {
  locks: () => [],
  plan: async ({vmid, 'extra-args': argv = [], synchronous, timeout = defaultWaitSeconds, 'pass-stdin': passesStdin}, context) => {
    if (argv[0] === undefined || argv[0] === '') {
      throw new InvalidInputError('there is no program to be run', {'extra-args': 'must name a program'}, {nextSteps: [`For example: qm guest exec ${vmid} -- uname -a`]})
    }
    await assertAgent(vmid, context)
    return {
      steps: [{do: {
        kind: 'guest.exec', vmid, argv,
        ...(passesStdin === true ? {stdinInput: 'input-data'} : {}), ...(synchronous === false ? {} : {waitMs: limitMs(timeout)}),
      }}],
      resultOfStep: 0, whenInterrupted: 'undo',
    }
  },
})
