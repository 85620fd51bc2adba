import {defineCommand, std} from '../../../spec/index.ts'
import {cleanupParams, nameParam} from './params-creation.ts'

export const spec = defineCommand({
  id: 'corral disk lvmthin destroy',
  summary: 'Destroy a thin pool with all that is in it.',
  description: `All volumes in the pool go with it; \`--dry-run\` names them. They cannot be brought back. The volume group stays, but with \`--cleanup-disks\`: then it goes as well, provided that
nothing else is in it, and its disks are made blank.

**Refused while it is used:** a guest on this host has a disk there, running or not, or somebody has one of its volumes open.`,
  api: {method: 'DELETE', path: '/nodes/{node}/disks/lvmthin/{name}'},
  params: {name: nameParam('The name of the thin pool.'), 'volume-group': nameParam('The volume group that it is in.'), ...cleanupParams},
  args: ['name'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'lvmthinremove', id: 'name'},
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Modify'},
  examples: [
    {line: 'corral disk lvmthin destroy fast --volume-group fast --dry-run', meaning: 'Say what would be lost.'},
    {line: 'corral disk lvmthin destroy fast --volume-group fast --cleanup-config --cleanup-disks', meaning: 'Destroy pool and group, forget their storages, and make the disks blank.'},
  ],
  seeAlso: ['corral disk lvmthin list', 'corral disk lvmthin create', 'corral disk lvm destroy', 'lvmthin(7)'],
})
