import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct snapshot',
  summary: 'Take a snapshot of a container.',
  description: `The root file system, all mount points and the configuration are kept as they are now, under a name; \`pct rollback\` goes back to them. Every volume
has to lie on a storage that can do it (zfspool, btrfs, lvmthin, rbd), else nothing is done and each volume that cannot is named. Folders and devices of the
host have no snapshots.

A container that runs goes on running. It stands still for the moment in which its volumes are taken, and what it wrote is on disk by then, so that they fit
together. A snapshot that fails leaves nothing behind.`,
  api: {method: 'POST', path: '/nodes/{node}/lxc/{vmid}/snapshot'},
  params: {
    vmid: std.vmid,
    description: {type: 'string', maxLength: 8192, multiLine: true, optional: true, description: 'Notes on the snapshot.'},
    snapname: {
      type: 'string', format: 'pve-configid', maxLength: 40, completion: 'new', placeholder: 'snapshot',
      description: 'The name: a letter first, then letters, digits, `_` and `-`.',
    },
  },
  args: ['vmid', 'snapname'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'vzsnapshot', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Snapshot'},
  examples: [
    {line: 'pct snapshot 200 before-upgrade --description "before upgrade"', meaning: 'Keep the container as it is now.'},
    {line: 'pct snapshot 200 before-upgrade --dry-run', meaning: 'Show what would be done, and do nothing.'},
  ],
  seeAlso: ['pct rollback', 'pct listsnapshot', 'pct delsnapshot'],
})
