import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pveam list',
  summary: 'List the container templates on a storage.',
  params: {storage: std.storage},
  args: ['storage'],
  returns: {
    type: 'array', description: 'The templates, sorted by name.',
    items: {type: 'object', properties: {volid: {type: 'string', description: 'The volume id.'}, format: {type: 'string', description: 'How it is packed: tgz, txz, tzst, tbz2.'}, size: {type: 'integer', description: 'Bytes.'}}},
  },
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/storage/{storage}', privilege: 'Datastore.Audit'},
  examples: [{line: 'pveam list local', meaning: 'What was downloaded to the storage local.'}],
  seeAlso: ['pveam available', 'pveam remove', 'pvesm list'],
})
