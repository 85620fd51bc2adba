// Removes the agent from a host and the host from its context.
import {packagedAgentPath} from '../../host/ssh/agent-command.ts'
import {handleChange} from '../../tasks/index.ts'
import {contextsStep} from '../actions/contexts-write.ts'
import {withoutHost} from '../contexts.ts'
import {contextsPath, readContextsText} from '../contexts-file.ts'
import {localName} from '../contexts-mode.ts'
import {chosenHosts, connectorOf} from './chosen-hosts.ts'
import {spec} from './host-remove.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [],
  plan: async ({name, context: wanted, 'keep-agent': keepsAgent}, context) => {
    const {context: contextName, hosts: [target]} = await chosenHosts({context: wanted, name}, context)
    const path = contextsPath(context.places)
    const before = await readContextsText(path, context.host.files)
    const forget = contextsStep({path, before, after: await withoutHost(before, contextName, name, path)})
    // The agent of a Debian package goes with the package.
    if (keepsAgent === true || target === undefined || target.ssh === localName || target.agent === packagedAgentPath) return {whenInterrupted: 'finish', steps: [forget]}
    const files = (await (await connectorOf(context)).agentBundle()).files.map((file) => file.path)
    return {whenInterrupted: 'finish', steps: [{do: {kind: 'host.remove-agent', target, files}}, forget]}
  },
})
