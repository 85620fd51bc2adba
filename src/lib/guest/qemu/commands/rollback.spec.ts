import {defineCommand, std} from '../../../spec/index.ts'
import {existingSnapshotParam} from '../../commands/snapshot-params.ts'

export const spec = defineCommand({
  id: 'qm rollback',
  summary: 'Take a virtual machine back to a snapshot.',
  description: `The disks and the configuration become what they were when the snapshot was taken. **What was written since is lost**, unless a later
snapshot has it. A machine that runs is stopped at once, as by \`qm stop\`. The notes on the machine and its unused disks stay; disks that the snapshot does not know become
unused ones.

With the memory of the running machine in the snapshot, the machine goes on running from there; else it is off, and \`--start\` starts it.`,
  api: {method: 'POST', path: '/nodes/{node}/qemu/{vmid}/snapshot/{snapname}/rollback'},
  params: {
    vmid: std.vmid,
    ...existingSnapshotParam,
    start: {type: 'boolean', default: false, optional: true, description: 'Start the machine afterwards. One that goes on from its memory runs anyhow.'},
  },
  args: ['vmid', 'snapname'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'qmrollback', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Snapshot'},
  examples: [
    {line: 'qm rollback 100 before-upgrade --start 1', meaning: 'Go back and start the machine.'},
    {line: 'qm rollback 100 before-upgrade --dry-run', meaning: 'Show what would be done, with the changes of the configuration.'},
  ],
  seeAlso: ['qm snapshot', 'qm listsnapshot'],
})
