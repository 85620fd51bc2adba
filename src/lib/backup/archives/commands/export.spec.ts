import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral backup export',
  summary: 'Write a backup in a repository as an archive.',
  description: `A backup of a virtual machine becomes a VMA archive, one of a container a tar archive, as vzdump writes them; Proxmox VE restores both as well. The ending
of the file's name says how it is compressed: \`.vma\`, \`.vma.gz\`, \`.vma.lzo\`, \`.vma.zst\`, and the same with \`.tar\`. The file has another name, ending in
\`.part\`, until it is whole; one that is there already is not overwritten. The backup stays in its repository.`,
  params: {
    volume: {...std.volume, maxLength: 1200, description: 'The volume id of the backup.'},
    file: {type: 'string', format: 'pve-storage-path', maxLength: 4096, placeholder: 'path', completion: 'file', description: 'The file of the host that is written; an absolute path.'},
  },
  args: ['volume', 'file'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'backupexport', id: 'volume'},
  runsOn: 'node',
  needs: 'root',
  examples: [
    {line: 'corral backup export store:backup/vm/100/2026-11-23T15:00:00Z /mnt/usb/web.vma.zst', meaning: 'A copy that stands for itself.'},
    {line: 'corral backup export store:backup/ct/101/2026-11-23T15:00:00Z /mnt/usb/db.tar.gz', meaning: 'A container, as a tar archive.'},
  ],
  seeAlso: ['corral backup list', 'corral backup verify', 'pct restore', 'qmrestore', 'vzdump'],
})
