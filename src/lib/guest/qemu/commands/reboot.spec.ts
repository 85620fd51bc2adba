import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm reboot',
  summary: 'Shut a virtual machine down and start it again.',
  description: `Changes that wait for a restart come into force, which a reboot from inside the guest does not bring about. The command returns when the
guest has shut down; it is started again right afterwards by a task of its own.`,
  api: {method: 'POST', path: '/nodes/{node}/qemu/{vmid}/status/reboot'},
  params: {
    vmid: std.vmid,
    timeout: {
      type: 'integer', minimum: 0, optional: true, defaultText: '`down` of the key startup, else 60', placeholder: 'seconds',
      description: 'How long the guest may take to shut down, in seconds. 0 sets no limit.',
    },
  },
  args: ['vmid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'qmreboot', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.PowerMgmt'},
  examples: [{line: 'qm reboot 100', meaning: 'Reboot, with changes that wait for it.'}],
  seeAlso: ['qm reset', 'qm shutdown', 'qm pending'],
})
