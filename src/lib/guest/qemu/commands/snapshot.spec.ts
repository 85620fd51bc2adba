import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm snapshot',
  summary: 'Take a snapshot of a virtual machine.',
  description: `All disks of the machine and its configuration are kept as they are now, under a name; \`qm rollback\` goes back to them. CD-ROM drives
and unused disks are not part of it. Every disk has to lie on a storage that can do it (on a folder: as qcow2), else nothing is done and each disk that
cannot is named.

A machine that runs goes on running. It stands still for the moment in which its disks are taken, so that they fit together; where the guest agent is
enabled, its file systems are frozen meanwhile. A snapshot that fails leaves nothing behind.`,
  api: {method: 'POST', path: '/nodes/{node}/qemu/{vmid}/snapshot'},
  params: {
    vmid: std.vmid,
    description: {type: 'string', maxLength: 8192, multiLine: true, optional: true, description: 'Notes on the snapshot.'},
    snapname: {
      type: 'string', format: 'pve-configid', maxLength: 40, completion: 'new', placeholder: 'snapshot',
      description: 'The name: a letter first, then letters, digits, `_` and `-`.',
    },
    vmstate: {type: 'boolean', optional: true, description: 'Keep the memory of the running machine as well, so that it goes on from there. Without effect on a machine that does not run.'},
  },
  args: ['vmid', 'snapname'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'qmsnapshot', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Snapshot'},
  examples: [
    {line: 'qm snapshot 100 before-upgrade --description "before upgrade"', meaning: 'Keep the disks as they are now.'},
    {line: 'qm snapshot 100 at-work --vmstate 1', meaning: 'Keep the memory of the running machine as well.'},
  ],
  seeAlso: ['qm rollback', 'qm listsnapshot', 'qm delsnapshot'],
})
