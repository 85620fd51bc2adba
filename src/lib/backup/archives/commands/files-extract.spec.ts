import {defineCommand, std} from '../../../spec/index.ts'
import {machineFilesParams} from './files-params.ts'

export const spec = defineCommand({
  id: 'corral backup files extract',
  summary: 'Take single files or folders out of a backup.',
  description: `They go into a new folder that only root can enter, under the paths that they have in the backup, with their owners, permissions and times; or, without
\`--target\`, to standard output as a tar archive, in which they also keep their attributes and access lists. A folder comes with all that is in it. Devices and pipes are left out.

Paths in the backup of a virtual machine begin with the disk and the partition, \`/scsi0/1/etc/nginx\`, which are those of one file system and do not become folders; \`corral backup files list\` shows them and says what
\`--mount\` means, which they need.

Nothing of the guest is touched. A path that is not in the backup, and an archive that is damaged, make the command fail, and the folder is removed again.`,
  params: {
    volume: {...std.volume, maxLength: 1200, description: 'The volume id of the backup.'},
    'extra-args': {type: 'array', items: {type: 'string', maxLength: 4096}, placeholder: 'path', description: 'Files and folders, from the root of the container, of which `/` is all; of a virtual machine /DISK/PARTITION/PATH.'},
    target: {type: 'string', isPath: true, maxLength: 4096, optional: true, default: '-', completion: 'file', placeholder: 'folder', description: 'A folder that is not there yet, or - for standard output.'},
    ...machineFilesParams,
  },
  args: ['volume', 'extra-args'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'interactive',
  dryRun: true,
  runsOn: 'node',
  needs: 'root',
  examples: [
    {line: 'corral backup files extract local:backup/vzdump-lxc-101-2026_01_31-03_00_00.tar.zst /etc/nginx /srv/www --target /root/before', meaning: 'Two folders, into a third one.'},
    {line: 'corral backup files extract local:backup/vzdump-lxc-101-2026_01_31-03_00_00.tar.zst /etc/hosts | tar -xO', meaning: 'One file, to be seen.'},
    {line: 'corral backup files extract local:backup/vzdump-lxc-101-2026_01_31-03_00_00.tar.zst /srv/www | pct exec 101 -- tar -xC /', meaning: 'Back into the container that runs.'},
    {line: 'corral backup files extract store:backup/vm/100/2026-11-23T15:00:00Z /scsi0/1/etc/fstab --mount --target /root/before', meaning: 'A file of a virtual machine.'},
  ],
  seeAlso: ['corral backup files list', 'corral backup verify', 'pct restore', 'pct push', 'qmrestore'],
})
