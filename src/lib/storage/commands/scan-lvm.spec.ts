import {defineCommand} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'pvesm scan lvm',
  aliases: ['pvesm lvmscan'],
  summary: 'List the volume groups of the host.',
  api: {method: 'GET', path: '/nodes/{node}/scan/lvm'},
  params: {},
  args: [],
  returns: {type: 'array', description: 'The volume groups.', items: {type: 'object', properties: {vg: {type: 'string', description: 'The name of the volume group.'}}}},
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/storage', privilege: 'Datastore.Allocate'},
  examples: [{line: 'pvesm scan lvm', meaning: 'What can be given to --vgname of pvesm add lvm.'}],
  seeAlso: ['pvesm add', 'pvesm scan lvmthin'],
})
