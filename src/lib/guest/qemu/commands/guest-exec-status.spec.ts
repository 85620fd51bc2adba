import {defineCommand, std} from '../../../spec/index.ts'
import {execStatusProperties} from './exec-status-schema.ts'

export const spec = defineCommand({
  id: 'qm guest exec-status',
  summary: 'Show what came of a program that runs inside a virtual machine.',
  description: `Once it has ended, the agent tells its exit code and what it wrote, and forgets it: the second time there is no such program.`,
  api: {method: 'GET', path: '/nodes/{node}/qemu/{vmid}/agent/exec-status'},
  params: {
    vmid: std.vmid,
    pid: {type: 'integer', placeholder: 'pid', description: 'Its number, as `qm guest exec` printed it.'},
  },
  args: ['vmid', 'pid'],
  returns: {type: 'object', properties: execStatusProperties},
  output: {as: 'data'},
  kind: 'read',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.GuestAgent.Unrestricted'},
  examples: [{line: 'qm guest exec-status 100 1234', meaning: 'Ask about a program that was not waited for.'}],
  seeAlso: ['qm guest exec'],
})
