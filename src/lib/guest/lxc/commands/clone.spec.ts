import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct clone',
  summary: 'Make a container from another one or from a template.',
  description: `A *full* clone has volumes of its own, copied from the source: as they are now, or as they were at a snapshot. A *linked* clone of a template
has volumes that hold only what it writes itself and read the rest from the template's; it is made at once and takes next to no space, on storages that can do
it (zfspool, btrfs, lvmthin, rbd). Templates get linked clones unless \`--full\` is given.

The source may run where its volumes can have snapshots: then all of them are copied as they are at one moment. It cannot be changed, started or removed while
it is copied.

The clone gets new hardware addresses for its interfaces and a machine-id of its own. It has no snapshots and no unused volumes. Folders and devices of the host
cannot be cloned. Nothing is left behind when it fails or is interrupted.`,
  api: {method: 'POST', path: '/nodes/{node}/lxc/{vmid}/clone'},
  params: {
    vmid: std.vmid,
    // Not std.vmid: completion offers, and names stand for, guests that exist.
    newid: {type: 'integer', minimum: 100, maximum: 999_999_999, format: 'pve-vmid', placeholder: 'newid', description: 'The number of the clone, unique in the cluster.'},
    bwlimit: {type: 'number', minimum: 0, optional: true, placeholder: 'KiB/s', description: 'The most that is copied in a second, in KiB; 0 for no limit.'},
    description: {type: 'string', maxLength: 8192, multiLine: true, optional: true, placeholder: 'text', description: 'A description of the clone, instead of that of the source.'},
    full: {type: 'boolean', optional: true, defaultText: 'no for templates, yes for others', description: 'Copy all volumes. Without it those of a template are linked.'},
    hostname: {type: 'string', format: 'dns-name', maxLength: 255, optional: true, placeholder: 'name', defaultText: 'that of the source', description: 'The host name of the clone.'},
    pool: {type: 'string', format: 'pve-poolid', optional: true, placeholder: 'pool', description: 'Put the clone into this pool, which must exist.'},
    snapname: {type: 'string', format: 'pve-configid', maxLength: 40, optional: true, placeholder: 'snapshot', description: 'Clone the source as it was at this snapshot.'},
    storage: {type: 'string', format: 'pve-storage-id', optional: true, placeholder: 'storage-id', completion: 'storage', description: 'The storage for the copied volumes. Only for full clones; those of the source when not given.'},
    target: {
      type: 'string', format: 'pve-node', optional: true, placeholder: 'node', completion: 'node',
      description: 'The host of the clone. So far it can only be the one of the source, because hosts share no storages yet.',
    },
  },
  args: ['vmid', 'newid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'vzclone', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Clone'},
  examples: [
    {line: 'pct clone 9000 201 --hostname web1', meaning: 'A linked clone of the template 9000.'},
    {line: 'pct clone 200 202 --full --storage local', meaning: 'A copy of the container 200, with all of its volumes on one storage.'},
    {line: 'pct clone 200 203 --snapname before-upgrade', meaning: 'A copy of the container as it was at a snapshot.'},
  ],
  files: ['pct.conf'],
  seeAlso: ['pct template', 'pct create'],
})
