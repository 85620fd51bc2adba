import {defineCommand, std} from '../../../spec/index.ts'
import {addStorageParam, deviceParam, newNameParam} from './params-creation.ts'

export const spec = defineCommand({
  id: 'corral disk directory create',
  summary: 'Make a file system on a blank disk and mount it.',
  description: `A whole disk gets a GPT with one partition; a partition is taken as it is. The file system is mounted at \`/mnt/pve/NAME\` now and at every boot: by a unit of systemd that names it by its
UUID, or, on a host without systemd, by a line of /etc/fstab. With \`--add_storage\` a storage of type dir for all kinds of content is added for this host, which counts as offline while
nothing is mounted there.

A disk with anything on it is refused, and what is on it is named. When the command fails or is interrupted, the disk is blank again.`,
  api: {method: 'POST', path: '/nodes/{node}/disks/directory'},
  params: {
    name: newNameParam('The name of the directory below /mnt/pve, and of the storage.'), device: deviceParam,
    filesystem: {type: 'string', enum: ['ext4', 'xfs'], optional: true, default: 'ext4', description: 'The file system.'}, add_storage: addStorageParam,
  },
  args: ['name'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'dircreate', id: 'name'},
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Modify'},
  files: ['/etc/systemd/system/mnt-pve-NAME.mount: the unit.', '/etc/fstab: the line, on a host without systemd.'],
  examples: [
    {line: 'corral disk directory create backups --device /dev/sdb --filesystem xfs --add_storage', meaning: 'A directory, and a storage in it.'},
    {line: 'corral disk directory create backups --device /dev/sdb --dry-run', meaning: 'Show what would be done.'},
  ],
  seeAlso: ['corral disk directory list', 'corral disk directory destroy', 'corral disk list', 'pvesm add', 'systemd.mount(5)'],
})
