import {defineCommand} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral context list',
  summary: 'List the contexts.',
  params: {},
  args: [],
  returns: {
    type: 'array', description: 'The contexts; `local`, which is this machine, among them.',
    items: {
      type: 'object',
      properties: {
        name: {type: 'string', description: 'Its name.'}, hosts: {type: 'string', description: 'The names of its hosts.'}, current: {type: 'boolean', description: 'Whether it is the current one.'},
      },
    },
  },
  output: {as: 'table', columns: [{key: 'name', header: 'NAME'}, {key: 'hosts', header: 'HOSTS'}, {key: 'current', header: 'CURRENT'}]},
  kind: 'read',
  runsOn: 'client',
  needs: 'anyone',
  examples: [{line: 'corral context list', meaning: 'The contexts and their hosts.'}],
  seeAlso: ['corral context use', 'corral host list', 'corral-contexts(5)'],
})
