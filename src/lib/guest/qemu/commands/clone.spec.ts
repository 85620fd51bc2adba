import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm clone',
  summary: 'Make a virtual machine from another one or from a template.',
  description: `A *full* clone has disks of its own, copied from the source: as they are now, or as they were at a snapshot. A *linked* clone of a template
has disks that hold only what it writes itself and read the rest from the template's; it is made at once and takes next to no space, and the
template cannot be removed while it exists. Templates get linked clones unless \`--full\` is given.

The source may run: then all of its disks are copied as they are at one moment, with its file systems frozen for that moment if it has a guest
agent (\`agent: 1\`). It cannot be changed, started or removed while it is copied. Any number of clones of one source can be made at the same time.

The clone gets new hardware addresses for its network cards, a new UUID and a new generation id. It has no snapshots and no unused disks; discs in
CD-ROM drives, the variables of its firmware and the state of its TPM are taken over.

Nothing is left behind when it fails or is interrupted.`,
  api: {method: 'POST', path: '/nodes/{node}/qemu/{vmid}/clone'},
  params: {
    vmid: std.vmid,
    // Not std.vmid: completion offers, and names stand for, guests that exist.
    newid: {type: 'integer', minimum: 100, maximum: 999_999_999, format: 'pve-vmid', placeholder: 'newid', description: 'The number of the clone, unique in the cluster.'},
    bwlimit: {
      type: 'integer', minimum: 0, optional: true, placeholder: 'KiB/s',
      description: 'The most that is copied in a second, in KiB; 0 for no limit.',
    },
    description: {type: 'string', maxLength: 8192, multiLine: true, optional: true, placeholder: 'text', description: 'A description of the clone, instead of that of the source.'},
    format: {type: 'string', enum: ['qcow2', 'raw', 'vmdk'], optional: true, description: 'The format of the copied disks. Only for full clones; that of the source when not given and possible.'},
    full: {type: 'boolean', optional: true, defaultText: 'no for templates, yes for others', description: 'Copy all disks. Without it the disks of a template are linked.'},
    name: {type: 'string', format: 'dns-name', optional: true, placeholder: 'name', defaultText: 'Copy-of-VM- and the name of the source', description: 'The name of the clone.'},
    pool: {type: 'string', format: 'pve-poolid', optional: true, placeholder: 'pool', description: 'Put the clone into this pool, which must exist.'},
    snapname: {type: 'string', format: 'pve-configid', maxLength: 40, optional: true, placeholder: 'snapshot', description: 'Clone the source as it was at this snapshot.'},
    storage: {type: 'string', format: 'pve-storage-id', optional: true, placeholder: 'storage-id', completion: 'storage', description: 'The storage for the copied disks. Only for full clones; those of the source when not given.'},
    target: {
      type: 'string', format: 'pve-node', optional: true, placeholder: 'node', completion: 'node',
      description: 'The host of the clone. So far it can only be the one of the source, because hosts share no storages yet.',
    },
  },
  args: ['vmid', 'newid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'qmclone', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Clone'},
  examples: [
    {line: 'qm clone 9000 101 --name web1', meaning: 'A linked clone of the template 9000.'},
    {line: 'qm clone 100 102 --full --storage local --format qcow2', meaning: 'A copy of the machine 100, which may run, with qcow2 images.'},
    {line: 'qm clone 100 103 --snapname before-upgrade', meaning: 'A copy of the machine as it was at a snapshot.'},
  ],
  files: ['qm.conf'],
  seeAlso: ['qm template', 'qm create'],
})
