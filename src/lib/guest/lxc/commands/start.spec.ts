import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct start',
  summary: 'Start a container.',
  description: `Changes that wait for a restart are put into force first, and the files of the container are set up for its host name and network. The start
has succeeded when its first process runs. A start that fails is taken back, and the reason is looked for in LXC's log.`,
  api: {method: 'POST', path: '/nodes/{node}/lxc/{vmid}/status/start'},
  params: {
    vmid: std.vmid,
    debug: {type: 'boolean', optional: true, default: false, description: 'Let LXC write a detailed log, which is named when the start fails.'},
    skiplock: std.skiplock,
  },
  args: ['vmid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'vzstart', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.PowerMgmt'},
  examples: [
    {line: 'pct start 200', meaning: 'Start the container.'},
    {line: 'pct start 200 --dry-run', meaning: 'Show what would be done, with the whole configuration for LXC.'},
  ],
  seeAlso: ['pct shutdown', 'pct stop', 'pct enter', 'pct exec'],
})
