import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm stop',
  summary: 'Stop a virtual machine at once.',
  description: `The machine ends as if its plug were pulled, which may cost data that the guest has not written yet; \`qm shutdown\` asks the guest.
A QEMU that does not obey is ended by signals. A machine that does not run is left as it is, with success.`,
  api: {method: 'POST', path: '/nodes/{node}/qemu/{vmid}/status/stop'},
  params: {
    vmid: std.vmid,
    keepActive: {type: 'boolean', optional: true, default: false, description: 'Leave the volumes available on the host. Only root may do this.'},
    'overrule-shutdown': {type: 'boolean', optional: true, default: false, description: 'End a `qm shutdown` of this machine that is still waiting.'},
    skiplock: std.skiplock,
    timeout: {
      type: 'integer', minimum: 0, optional: true, defaultText: '60', placeholder: 'seconds',
      description: 'How long QEMU may take before it is ended by signals, in seconds. 0 sets no limit.',
    },
  },
  args: ['vmid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'qmstop', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.PowerMgmt'},
  examples: [
    {line: 'qm stop 100', meaning: 'Pull the plug.'},
    {line: 'qm stop 100 --overrule-shutdown', meaning: 'The same, although a shutdown is waiting for the guest.'},
  ],
  seeAlso: ['qm shutdown', 'qm start'],
})
