import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm wait',
  summary: 'Wait until a virtual machine has ended.',
  params: {
    vmid: std.vmid,
    timeout: {
      type: 'integer', minimum: 1, optional: true, defaultText: 'no limit', placeholder: 'seconds',
      description: 'How long to wait, in seconds. When it is over and the machine still runs, the exit code is 7.',
    },
  },
  args: ['vmid'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'read',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Audit'},
  examples: [{line: 'qm wait 100 --timeout 300', meaning: 'Wait up to five minutes for the end of the machine.'}],
  seeAlso: ['qm shutdown', 'qm status'],
})
