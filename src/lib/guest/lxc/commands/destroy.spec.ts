import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct destroy',
  summary: 'Remove a container and its volumes.',
  description: `The container must be stopped, or \`--force\` be given, and neither locked nor protected. All volumes that its configuration, its waiting changes or its
snapshots name are removed if they belong to it. **Their data is lost.** Folders of the host that are mounted in it stay. Once begun it is finished even
when it is interrupted.`,
  api: {method: 'DELETE', path: '/nodes/{node}/lxc/{vmid}'},
  params: {
    vmid: std.vmid,
    'destroy-unreferenced-disks': {type: 'boolean', optional: true, description: 'Remove every volume on all storages that is named after the container, also those that its configuration does not name.'},
    force: {type: 'boolean', optional: true, default: false, description: 'Stop the container first, if it runs.'},
    purge: {type: 'boolean', optional: true, default: false, description: 'Take the VMID out of backup and replication jobs and out of the high-availability configuration as well.'},
  },
  args: ['vmid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'vzdestroy', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Allocate'},
  examples: [
    {line: 'pct destroy 200', meaning: 'Remove the container with all of its volumes.'},
    {line: 'pct destroy 200 --force --purge', meaning: 'Even if it runs, and forget it in jobs as well.'},
  ],
  seeAlso: ['pct create', 'pct stop'],
})
