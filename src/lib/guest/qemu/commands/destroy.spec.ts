import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm destroy',
  summary: 'Remove a virtual machine and its disks.',
  description: `The machine must be stopped, and neither locked nor protected. All volumes that its configuration, its waiting changes or its
snapshots name are removed if they belong to it. **Their data is lost.** Once begun it is finished even when it is interrupted.`,
  api: {method: 'DELETE', path: '/nodes/{node}/qemu/{vmid}'},
  params: {
    vmid: std.vmid,
    'destroy-unreferenced-disks': {
      type: 'boolean', optional: true, default: false,
      description: 'Remove every volume on all storages that is named after the machine, also those that its configuration does not name.',
    },
    purge: {
      type: 'boolean', optional: true,
      description: 'Take the VMID out of backup and replication jobs and out of the high-availability configuration as well.',
    },
    skiplock: std.skiplock,
  },
  args: ['vmid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'qmdestroy', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Allocate'},
  examples: [
    {line: 'qm destroy 100', meaning: 'Remove the machine with all of its disks.'},
    {line: 'qm destroy 100 --purge', meaning: 'And forget it in jobs as well.'},
  ],
  seeAlso: ['qm create', 'qm stop'],
})
