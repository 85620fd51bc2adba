// Brings the agents of hosts up to date.
import {handleChange, type Step} from '../../tasks/index.ts'
import {localName} from '../contexts-mode.ts'
import {chosenHosts} from './chosen-hosts.ts'
import {planAgent} from './plan-agent.ts'
import {spec} from './host-update.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [],
  plan: async ({name, context: wanted, setup, agent}, context) => {
    const {hosts} = await chosenHosts({context: wanted, name}, context)
    const targets = hosts.filter(({ssh}) => ssh !== localName).map((host) => ({...host, ...(agent === undefined ? {} : {agent})}))
    const steps: Step[] = []
    for (const target of targets) steps.push(...(await planAgent(target, {setup: setup === true, mayTakePackaged: false, command: `corral host update ${target.name}`}, context)).steps)
    return {whenInterrupted: 'finish', steps, result: targets.map((target) => target.name)}
  },
})
