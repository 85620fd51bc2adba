import {defineCommand, std} from '../../../spec/index.ts'
import {existingSnapshotParam} from '../../commands/snapshot-params.ts'

export const spec = defineCommand({
  id: 'pct rollback',
  summary: 'Take a container back to a snapshot.',
  description: `The volumes and the configuration become what they were when the snapshot was taken. **What was written since is lost**, unless a later
snapshot has it. A container that runs is stopped at once, as by \`pct stop\`. The notes on the container and its unused volumes stay; volumes that the snapshot
does not know become unused ones. The container is off afterwards, and \`--start\` starts it.`,
  api: {method: 'POST', path: '/nodes/{node}/lxc/{vmid}/snapshot/{snapname}/rollback'},
  params: {
    vmid: std.vmid,
    ...existingSnapshotParam,
    start: {type: 'boolean', default: false, optional: true, description: 'Start the container afterwards.'},
  },
  args: ['vmid', 'snapname'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'vzrollback', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Snapshot'},
  examples: [
    {line: 'pct rollback 200 before-upgrade --start 1', meaning: 'Go back and start the container.'},
    {line: 'pct rollback 200 before-upgrade --dry-run', meaning: 'Show what would be done, with the changes of the configuration.'},
  ],
  seeAlso: ['pct snapshot', 'pct listsnapshot'],
})
