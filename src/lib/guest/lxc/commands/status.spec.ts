import {defineCommand, std} from '../../../spec/index.ts'
import {statusProperties} from '../container-status.ts'

export const spec = defineCommand({
  id: 'pct status',
  summary: 'Show whether a container runs.',
  api: {method: 'GET', path: '/nodes/{node}/lxc/{vmid}/status/current'},
  params: {
    vmid: std.vmid,
    verbose: {type: 'boolean', optional: true, description: 'Show all that is known: uptime, memory, process.'},
  },
  args: ['vmid'],
  returns: {
    type: 'object', description: 'The state, and with --verbose everything else.',
    properties: Object.fromEntries(Object.entries(statusProperties).map(([name, schema]) => [name, name === 'status' ? schema : {...schema, optional: true}])),
  },
  output: {as: 'fields'},
  kind: 'read',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Audit'},
  examples: [
    {line: 'pct status 200', meaning: '`status: running` or `status: stopped`.'},
    {line: 'pct status 200 --verbose', meaning: 'All that is known about the container.'},
  ],
  seeAlso: ['pct list'],
})
