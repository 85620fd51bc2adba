// Makes a host ready and writes it into contexts.yaml.
import {parseSshTarget} from '../../host/ssh/target.ts'
import {handleChange} from '../../tasks/index.ts'
import {contextsStep} from '../actions/contexts-write.ts'
import {parseContexts, withHost, type ContextHost} from '../contexts.ts'
import {contextsPath, readContextsText} from '../contexts-file.ts'
import {localName} from '../contexts-mode.ts'
import {greeted} from '../greet-host.ts'
import {planAgent} from './plan-agent.ts'
import {spec} from './host-add.spec.ts'

const firstContext = 'default'

export const handler = handleChange(spec, {
  locks: () => [],
  plan: async ({name, ssh = name, context: wanted, setup, agent}, context) => {
    const path = contextsPath(context.places)
    const before = await readContextsText(path, context.host.files)
    const {current} = await parseContexts(before, path)
    const contextName = wanted ?? current ?? firstContext
    const asked: ContextHost = {name, ssh, ...(agent === undefined ? {} : {agent})}
    if (ssh !== localName) parseSshTarget(ssh)
    const {steps, target} = ssh === localName ? {steps: [], target: asked} : await planAgent(asked, {setup: setup === true, mayTakePackaged: agent === undefined, command: `corral host add ${name} ${ssh}`}, context)
    const result = {name, ssh, context: contextName}
    // Only an agent that is there can be asked for the name of the host before anything is done.
    if (steps.length > 0) return {whenInterrupted: 'finish', steps: [...steps, {do: {kind: 'host.remember', target, context: contextName, path}}], result}
    const after = await withHost(before, contextName, await greeted(target, context), path)
    if (after === before) context.log.notice?.(`${name} is ready and written down already: nothing to do.`)
    return {whenInterrupted: 'finish', steps: after === before ? [] : [contextsStep({path, before, after})], result}
  },
})
