import {defineCommand, std} from '../../../spec/index.ts'
import {cleanupParams, nameParam} from './params-creation.ts'

export const spec = defineCommand({
  id: 'corral disk zfs destroy',
  summary: 'Destroy a ZFS pool with all that is in it.',
  description: `All file systems and volumes of the pool go with it; \`--dry-run\` names them. They cannot be brought back.

**Refused while it is used:** a guest on this host has a disk there, running or not, or ZFS says that something in it is busy.`,
  api: {method: 'DELETE', path: '/nodes/{node}/disks/zfs/{name}'},
  params: {name: nameParam('The name of the pool.'), ...cleanupParams},
  args: ['name'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'zfsremove', id: 'name'},
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Modify'},
  examples: [
    {line: 'corral disk zfs destroy tank --dry-run', meaning: 'Say what would be lost.'},
    {line: 'corral disk zfs destroy tank --cleanup-config --cleanup-disks', meaning: 'Destroy it, forget its storages, and make its disks blank.'},
  ],
  seeAlso: ['corral disk zfs list', 'corral disk zfs create', 'corral disk wipe', 'zpool-destroy(8)'],
})
