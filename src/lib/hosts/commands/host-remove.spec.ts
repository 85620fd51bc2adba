import {defineCommand} from '../../spec/index.ts'
import {hostCommandParams} from './params.ts'

export const spec = defineCommand({
  id: 'corral host remove',
  summary: 'Remove a host from its context, and the agent from the host.',
  description: `The guests of the host, its configuration and its storages stay as they are; running guests go on running. What happens when a guest ends by itself is
looked after only while there is an agent. The host can be added again.`,
  params: {
    name: hostCommandParams.name,
    context: hostCommandParams.context,
    'keep-agent': {type: 'boolean', optional: true, description: 'Leave the agent on the host: for one that others use as well, or that cannot be reached any more.'},
  },
  args: ['name'],
  returns: {type: 'null', description: 'Nothing.'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'client',
  needs: 'anyone',
  examples: [
    {line: 'corral host remove h1', meaning: 'Remove the agent and forget the host.'},
    {line: 'corral host remove h1 --keep-agent', meaning: 'Forget a host that is gone for good.'},
  ],
  seeAlso: ['corral host add', 'corral host list'],
})
