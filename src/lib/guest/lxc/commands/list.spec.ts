import {defineCommand} from '../../../spec/index.ts'
import {statusProperties} from '../container-status.ts'

export const spec = defineCommand({
  id: 'pct list',
  summary: 'List the containers of this host.',
  api: {method: 'GET', path: '/nodes/{node}/lxc'},
  params: {},
  args: [],
  returns: {type: 'array', description: 'One entry a container, by VMID.', items: {type: 'object', properties: statusProperties}},
  output: {
    as: 'table',
    isSilentWhenEmpty: true,
    columns: [
      {key: 'vmid', header: 'VMID', width: 10},
      {key: 'status', header: 'Status', width: 10},
      {key: 'lock', header: 'Lock', width: 12, absent: ''},
      {key: 'name', header: 'Name', width: 20},
    ],
  },
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/vms', privilege: 'VM.Audit'},
  examples: [{line: 'pct list', meaning: 'All containers with their state.'}],
  seeAlso: ['pct status'],
})
