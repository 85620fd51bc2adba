import {defineCommand, std} from '../../../spec/index.ts'
import {addStorageParam, deviceParam, newNameParam} from './params-creation.ts'

export const spec = defineCommand({
  id: 'corral disk lvm create',
  summary: 'Make a volume group on a blank disk.',
  description: `The disk or partition becomes the only physical volume of a new volume group. With \`--add_storage\` a storage of type lvm for disks of guests is added for this host.

A disk with anything on it is refused, and what is on it is named. When the command fails or is interrupted, the disk is blank again.`,
  api: {method: 'POST', path: '/nodes/{node}/disks/lvm'},
  params: {name: newNameParam('The name of the volume group, and of the storage.'), device: deviceParam, add_storage: addStorageParam},
  args: ['name'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'lvmcreate', id: 'name'},
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Modify'},
  examples: [
    {line: 'corral disk lvm create vg1 --device /dev/sdb', meaning: 'A volume group on a whole disk.'},
    {line: 'corral disk lvm create vg1 --device /dev/disk/by-id/ata-X --add_storage --dry-run', meaning: 'Show what would be done, with a storage.'},
  ],
  seeAlso: ['corral disk lvm list', 'corral disk lvm destroy', 'corral disk list', 'pvesm add', 'vgcreate(8)'],
})
