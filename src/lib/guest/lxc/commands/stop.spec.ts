import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct stop',
  summary: 'Stop a container at once.',
  description: `All of its processes are killed, which may cost data that they have not written yet; \`pct shutdown\` asks them. A container that does not run is left as
it is, with success.`,
  api: {method: 'POST', path: '/nodes/{node}/lxc/{vmid}/status/stop'},
  params: {
    vmid: std.vmid,
    'overrule-shutdown': {type: 'boolean', optional: true, default: false, description: 'End a `pct shutdown` of this container that is still waiting.'},
    skiplock: std.skiplock,
  },
  args: ['vmid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'vzstop', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.PowerMgmt'},
  examples: [{line: 'pct stop 200', meaning: 'Kill all that runs in the container.'}],
  seeAlso: ['pct shutdown', 'pct start'],
})
