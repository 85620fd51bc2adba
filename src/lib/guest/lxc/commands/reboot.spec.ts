import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct reboot',
  summary: 'Shut a container down and start it again.',
  description: `Its init is asked to shut down. Changes that wait for a restart come into force, as they do when the container reboots itself. The command returns
when the container has shut down; it is started again right afterwards by a task of its own.`,
  api: {method: 'POST', path: '/nodes/{node}/lxc/{vmid}/status/reboot'},
  params: {
    vmid: std.vmid,
    timeout: {
      type: 'integer', minimum: 0, optional: true, defaultText: '`down` of the key startup, else 60', placeholder: 'seconds',
      description: 'How long the container may take to shut down, in seconds. 0 sets no limit.',
    },
  },
  args: ['vmid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'vzreboot', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.PowerMgmt'},
  examples: [{line: 'pct reboot 200', meaning: 'Reboot, with changes that wait for it.'}],
  seeAlso: ['pct shutdown', 'pct start', 'pct pending'],
})
