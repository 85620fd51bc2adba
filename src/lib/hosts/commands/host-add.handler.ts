// Makes a host ready and writes it into contexts.yaml.
import {parseSshTarget} from '../../host/ssh/target.ts'
import {handleChange} from '../../tasks/index.ts'
import type {ContextHost} from '../contexts.ts'
import {contextsPath, readContexts} from '../contexts-file.ts'
import {localName} from '../contexts-mode.ts'
import {planAgent} from './plan-agent.ts'
import {spec} from './host-add.spec.ts'

const firstContext = 'default'

export const handler = handleChange(spec, {
  locks: () => [],
  plan: async ({name, ssh = name, context: wanted, setup, agent}, context) => {
    const path = contextsPath(context.places)
    const contexts = await readContexts(path, context.host.files)
    const contextName = wanted ?? contexts.current ?? firstContext
    const target: ContextHost = {name, ssh, ...(agent === undefined ? {} : {agent})}
    if (ssh !== localName) parseSshTarget(ssh)
    const steps = ssh === localName ? [] : await planAgent(target, {setup: setup === true, command: `corral host add ${name} ${ssh}`}, context)
    return {
      whenInterrupted: 'finish', steps: [...steps, {do: {kind: 'host.remember', target, context: contextName, path}}],
      result: {name, ssh, context: contextName},
    }
  },
})
