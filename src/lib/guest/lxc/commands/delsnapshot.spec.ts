import {defineCommand, std} from '../../../spec/index.ts'
import {existingSnapshotParam} from '../../commands/snapshot-params.ts'

export const spec = defineCommand({
  id: 'pct delsnapshot',
  summary: 'Remove a snapshot of a container.',
  description: `The container stays as it is, running or not, and so do its other snapshots: those that were taken after this one stand on the one before it.
A volume that only this snapshot had becomes an unused one. A removal that fails half-way is gone on with by the same command.`,
  api: {method: 'DELETE', path: '/nodes/{node}/lxc/{vmid}/snapshot/{snapname}'},
  params: {
    vmid: std.vmid,
    force: {type: 'boolean', optional: true, description: 'Forget the snapshot even where the snapshot of a volume cannot be removed; what is left behind is told.'},
    ...existingSnapshotParam,
  },
  args: ['vmid', 'snapname'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'vzdelsnapshot', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Snapshot'},
  examples: [{line: 'pct delsnapshot 200 before-upgrade', meaning: 'Remove the snapshot; the container stays as it is.'}],
  seeAlso: ['pct snapshot', 'pct listsnapshot'],
})
