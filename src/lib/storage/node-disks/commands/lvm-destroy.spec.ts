import {defineCommand, std} from '../../../spec/index.ts'
import {cleanupParams, nameParam} from './params-creation.ts'

export const spec = defineCommand({
  id: 'corral disk lvm destroy',
  summary: 'Destroy a volume group with all that is in it.',
  description: `All logical volumes of the group go with it; \`--dry-run\` names them. They cannot be brought back.

**Refused while it is used:** a guest on this host has a disk there, running or not, or somebody has one of its volumes open (a mount, swap).`,
  api: {method: 'DELETE', path: '/nodes/{node}/disks/lvm/{name}'},
  params: {name: nameParam('The name of the volume group.'), ...cleanupParams},
  args: ['name'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'lvmremove', id: 'name'},
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Modify'},
  examples: [
    {line: 'corral disk lvm destroy vg1 --dry-run', meaning: 'Say what would be lost.'},
    {line: 'corral disk lvm destroy vg1 --cleanup-config --cleanup-disks', meaning: 'Destroy it, forget its storages, and make its disks blank.'},
  ],
  seeAlso: ['corral disk lvm list', 'corral disk lvm create', 'corral disk wipe', 'vgremove(8)'],
})
