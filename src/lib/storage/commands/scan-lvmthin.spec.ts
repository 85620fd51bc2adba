import {defineCommand} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'pvesm scan lvmthin',
  aliases: ['pvesm lvmthinscan'],
  summary: 'List the thin pools in a volume group.',
  api: {method: 'GET', path: '/nodes/{node}/scan/lvmthin'},
  params: {vg: {type: 'string', pattern: '[a-zA-Z0-9.+_][a-zA-Z0-9.+_\\-]+', maxLength: 100, placeholder: 'name', description: 'The name of the volume group.'}},
  args: ['vg'],
  returns: {type: 'array', description: 'The thin pools.', items: {type: 'object', properties: {lv: {type: 'string', description: 'The name of the thin pool.'}}}},
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/storage', privilege: 'Datastore.Allocate'},
  examples: [{line: 'pvesm scan lvmthin pve', meaning: 'What can be given to --thinpool of pvesm add lvmthin --vgname pve.'}],
  seeAlso: ['pvesm add', 'pvesm scan lvm'],
})
