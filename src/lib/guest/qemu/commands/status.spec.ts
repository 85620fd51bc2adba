import {defineCommand, std} from '../../../spec/index.ts'
import {optionalProperties, runningProperties, statusProperties} from '../status-schema.ts'

export const spec = defineCommand({
  id: 'qm status',
  summary: 'Show whether a virtual machine runs.',
  api: {method: 'GET', path: '/nodes/{node}/qemu/{vmid}/status/current'},
  description: `With --verbose a running machine with a guest agent (\`agent: 1\`) is also asked for its name, its system and its addresses, for two seconds at
most. Whatever is shown under \`guest-…\` is the guest's own word.`,
  params: {
    vmid: std.vmid,
    verbose: {type: 'boolean', optional: true, description: 'Show all that is known: uptime, memory, disks, network, process, and what its agent says.'},
  },
  args: ['vmid'],
  returns: {
    type: 'object', description: 'The state, and with --verbose everything else.',
    // Without --verbose it is QEMU's own word.
    properties: {...optionalProperties(statusProperties), ...runningProperties, status: {type: 'string', description: '`running`, `stopped`, or without --verbose QEMU\'s own word for a running machine.'}},
  },
  output: {as: 'fields'},
  kind: 'read',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Audit'},
  examples: [
    {line: 'qm status 100', meaning: '`status: running` or `status: stopped`.'},
    {line: 'qm status 100 --verbose', meaning: 'All that is known about the machine.'},
  ],
  seeAlso: ['qm list'],
})
