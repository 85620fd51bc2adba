import {defineCommand, std} from '../../../spec/index.ts'
import {addStorageParam, deviceParam, newNameParam} from './params-creation.ts'

export const spec = defineCommand({
  id: 'corral disk lvmthin create',
  summary: 'Make a thin pool on a blank disk.',
  description: `The disk or partition becomes a new volume group, in which a thin pool of the same name takes all but a little. A hundredth is for metadata, at least 1 GiB and at most 16 GiB, and
as much stays free so that lvm2 can repair it. With \`--add_storage\` a storage of type lvmthin for disks of guests is added for this host.

A disk with anything on it is refused, and what is on it is named. When the command fails or is interrupted, the disk is blank again.`,
  api: {method: 'POST', path: '/nodes/{node}/disks/lvmthin'},
  params: {name: newNameParam('The name of the volume group, of the pool in it, and of the storage.'), device: deviceParam, add_storage: addStorageParam},
  args: ['name'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'lvmthincreate', id: 'name'},
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Modify'},
  examples: [
    {line: 'corral disk lvmthin create fast --device /dev/nvme0n1 --add_storage', meaning: 'A thin pool, and a storage on it.'},
    {line: 'corral disk lvmthin create fast --device /dev/nvme0n1 --dry-run', meaning: 'Show what would be done.'},
  ],
  seeAlso: ['corral disk lvmthin list', 'corral disk lvmthin destroy', 'corral disk list', 'pvesm add', 'lvmthin(7)'],
})
