import {defineCommand, std} from '../../spec/index.ts'
import {retentionFormat} from '../prune/retention.ts'

export const spec = defineCommand({
  id: 'pvesm prune-backups',
  summary: 'Remove the backups that the rules for keeping them give up.',
  description: `The rules count for each guest, and for its backups as a virtual machine and as a container, by themselves. They are applied in the order
last, hourly, daily, weekly, monthly, yearly; each looks at what those before it have not decided, from the newest backup on, and keeps the newest of
each hour, day and so on, until it has kept as many as it says. What none of them wants is removed, with its log and notes. Without any rule in
the command those of the storage hold (\`prune-backups\` in storage.cfg), and without these all backups are kept.

Protected backups stay and are not counted. Backups with names that vzdump does not give stay as well: renaming one takes it out of pruning. Times are those
in the names of the backups.

\`--dry-run\` shows what would become of each backup: keep, remove, protected or renamed.`,
  api: {method: 'DELETE', path: '/nodes/{node}/storage/{storage}/prunebackups'},
  params: {
    storage: std.storage,
    ...retentionFormat,
    type: {type: 'string', enum: ['qemu', 'lxc'], optional: true, description: 'Only backups of virtual machines (qemu) or of containers (lxc).'},
    vmid: {...std.vmid, optional: true, description: 'Only backups of this guest.'},
  },
  args: ['storage'],
  returns: {
    type: 'array', description: 'What became of each backup, sorted by volume id.',
    items: {
      type: 'object',
      properties: {
        volid: {type: 'string', description: 'The volume id.'},
        ctime: {type: 'integer', description: 'When it was made, in seconds since 1970.'},
        mark: {type: 'string', enum: ['keep', 'remove', 'protected', 'renamed'], description: 'Why it stays, or that it is removed.'},
        type: {type: 'string', description: 'The kind of guest: qemu, lxc, openvz or unknown.'},
        vmid: {type: 'integer', optional: true, description: 'The guest.'},
      },
    },
  },
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'prunebackups', id: 'storage'},
  runsOn: 'node',
  needs: {path: '/storage/{storage}', privilege: 'Datastore.AllocateSpace'},
  examples: [
    {line: 'pvesm prune-backups local --keep-last 3 --keep-weekly 4 --dry-run', meaning: 'Show what would be removed.'},
    {line: 'pvesm prune-backups nas', meaning: 'Apply the rules of the storage to all of its backups.'},
    {line: 'pvesm prune-backups nas --vmid 100 --keep-last 1', meaning: 'Keep the newest backup of one guest alone.'},
  ],
  seeAlso: ['pvesm list', 'pvesm set', 'pvesm free'],
})
