import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct shutdown',
  summary: 'Shut a container down.',
  description: `Its init is asked to shut down, by the signal that it understands. The command waits until the container has ended. A container that does not run is
left as it is, with success.`,
  api: {method: 'POST', path: '/nodes/{node}/lxc/{vmid}/status/shutdown'},
  params: {
    vmid: std.vmid,
    forceStop: {type: 'boolean', optional: true, default: false, description: 'Stop the container when it has not shut down in time.'},
    timeout: {type: 'integer', minimum: 0, optional: true, defaultText: '`down` of the key startup, else 60', placeholder: 'seconds', description: 'How long it may take, in seconds. 0 sets no limit.'},
  },
  args: ['vmid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'vzshutdown', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.PowerMgmt'},
  examples: [
    {line: 'pct shutdown 200', meaning: 'Ask it, and wait a minute.'},
    {line: 'pct shutdown 200 --timeout 180 --forceStop 1', meaning: 'Give it three minutes, then stop it.'},
  ],
  seeAlso: ['pct stop', 'pct start'],
})
