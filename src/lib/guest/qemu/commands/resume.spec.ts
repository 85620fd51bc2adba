import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm resume',
  summary: 'Let a paused virtual machine go on.',
  description: `A machine that \`qm suspend\` paused, that was started with \`freeze\`, that went to sleep by itself or that QEMU stopped because of an
error of a disk (\`werror=stop\`) goes on where it was, and one that \`qm suspend --todisk\` ended goes on from its state. One that is running stays as it is, with success.`,
  api: {method: 'POST', path: '/nodes/{node}/qemu/{vmid}/status/resume'},
  params: {
    vmid: std.vmid,
    nocheck: {type: 'boolean', optional: true, description: 'Do not look at the configuration, which may not be on this node yet. Only root may do this.'},
    skiplock: std.skiplock,
  },
  args: ['vmid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'qmresume', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.PowerMgmt'},
  examples: [{line: 'qm resume 100', meaning: 'Let the machine go on.'}],
  seeAlso: ['qm suspend', 'qm status'],
})
