import {defineCommand, std} from '../../../spec/index.ts'
import {backupParams} from '../backup-params.ts'

export const spec = defineCommand({
  id: 'corral backup defaults',
  summary: 'Show what holds for a backup unless it says otherwise.',
  description: 'What vzdump.conf(5) of this host says, with what the storage says of keeping backups, and the defaults of vzdump.',
  api: {method: 'GET', path: '/nodes/{node}/vzdump/defaults'},
  params: {storage: {...std.storage, optional: true, description: 'The storage that would take the backup.'}},
  args: [],
  returns: {
    type: 'object', description: 'Options of vzdump.',
    properties: Object.fromEntries(Object.entries(backupParams).map(([name, schema]) => [name, {
      ...(schema.type === 'array' ? {type: 'array', items: {type: 'string'}} as const : {type: schema.type} as const), optional: true, description: schema.description,
    }])),
  },
  output: {as: 'fields'},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Audit'},
  files: ['vzdump.conf'],
  examples: [{line: 'corral backup defaults --storage local', meaning: 'How a backup to this storage would be made.'}],
  seeAlso: ['vzdump', 'corral backup job add', 'vzdump.conf(5)'],
})
