import {defineCommand} from '../../spec/index.ts'
import {hostCommandParams} from './params.ts'

export const spec = defineCommand({
  id: 'corral host list',
  summary: 'List the hosts of all contexts.',
  description: 'Shows what contexts.yaml says; no host is asked. `corral host check` does that.',
  params: {context: {...hostCommandParams.context, defaultText: 'all', description: 'Only the hosts of this context.'}},
  args: [],
  returns: {
    type: 'array', description: 'The hosts.',
    items: {
      type: 'object',
      properties: {
        context: {type: 'string', description: 'Its context.'}, name: {type: 'string', description: 'Its name.'}, ssh: {type: 'string', description: 'Where it is.'},
        node: {type: 'string', description: 'The name that it has for itself.'}, current: {type: 'boolean', description: 'Whether its context is the current one.'},
      },
    },
  },
  output: {
    as: 'table',
    columns: [{key: 'context', header: 'CONTEXT'}, {key: 'name', header: 'NAME'}, {key: 'ssh', header: 'SSH'}, {key: 'node', header: 'NODE'}, {key: 'current', header: 'CURRENT'}],
  },
  kind: 'read',
  runsOn: 'client',
  needs: 'anyone',
  examples: [{line: 'corral host list', meaning: 'All hosts that can be reached.'}],
  seeAlso: ['corral host add', 'corral context list', 'corral-contexts(5)'],
})
