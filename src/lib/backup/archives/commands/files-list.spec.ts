import {defineCommand, std} from '../../../spec/index.ts'
import {machineFilesParams} from './files-params.ts'

export const spec = defineCommand({
  id: 'corral backup files list',
  summary: 'List the files in a backup.',
  description: `What lies in a folder of the backup, or with \`--recursive\` below it. Nothing that is in the backup is run. The archive of a container is read to its end, which takes as long as verifying it,
and nothing is mounted.

In the backup of a virtual machine the disks come first: \`/\` lists them, \`/scsi0\` the partitions of one, \`/scsi0/1/etc\` what is in a folder of the first. A disk that is one file system without partitions is
\`/scsi0/raw\`. Tables of partitions (GPT and MBR) are read by Corral itself. For files in a partition the kernel of the host has to read the guest's file system, which \`--mount\` allows: ext2, ext3, ext4, xfs, btrfs, and vfat
and ntfs where the kernel has them. It is mounted from a copy, where nobody else sees it, and without devices and programs; but a guest whose root is an enemy could have made it to attack the kernel. Volume groups
(LVM), encrypted and RAID devices are shown and not looked into.

Of an archive the whole disk is copied, of a backup in a repository only the partition; zeros take no room.`,
  params: {
    volume: {...std.volume, maxLength: 1200, description: 'The volume id of the backup.'},
    path: {type: 'string', maxLength: 4096, optional: true, default: '/', placeholder: 'path', description: 'A folder or file, from the root of the container; of a virtual machine /DISK/PARTITION/PATH.'},
    recursive: {type: 'boolean', optional: true, default: false, description: 'What lies in the folders below it as well.'},
    ...machineFilesParams,
  },
  args: ['volume', 'path'],
  returns: {
    type: 'array', description: 'The files.',
    items: {
      type: 'object',
      properties: {
        path: {type: 'string', description: 'From the root of the container; of a virtual machine with its disk and partition.'},
        type: {type: 'string', description: 'disk, partition, file, folder, link, hard link, device, pipe or other.'},
        size: {type: 'integer', description: 'In bytes; 0 for what is no file, disk or partition.'},
        mtime: {type: 'integer', optional: true, description: 'When it was changed last, in seconds since 1970; absent for disks and partitions.'},
        target: {type: 'string', optional: true, description: 'Where a link leads.'},
        holds: {type: 'string', optional: true, description: 'Of a partition: the type of its file system, or what else is in it, where that is known.'},
        label: {type: 'string', optional: true, description: 'Of a partition: its name in a GPT.'},
      },
    },
  },
  output: {as: 'table', columns: [{key: 'type', header: 'TYPE'}, {key: 'size', header: 'SIZE', align: 'right'}, {key: 'mtime', header: 'CHANGED', unit: 'timestamp', absent: '-'}, {key: 'path', header: 'PATH', isKeptWhole: true}, {key: 'holds', header: 'HOLDS', isLeftOutWhenEmpty: true}, {key: 'label', header: 'LABEL', isLeftOutWhenEmpty: true}], isSilentWhenEmpty: true},
  kind: 'read',
  runsOn: 'node',
  needs: 'root',
  examples: [
    {line: 'corral backup files list local:backup/vzdump-lxc-101-2026_01_31-03_00_00.tar.zst /etc', meaning: 'What was in /etc.'},
    {line: 'corral backup files list local:backup/vzdump-lxc-101-2026_01_31-03_00_00.tar.zst /srv --recursive --output-format json', meaning: 'Everything below /srv, for a program.'},
    {line: 'corral backup files list local:backup/vzdump-qemu-100-2026_01_31-03_00_00.vma.zst /scsi0', meaning: 'The partitions of a disk.'},
    {line: 'corral backup files list store:backup/vm/100/2026-11-23T15:00:00Z /scsi0/1/etc --mount', meaning: 'What was in /etc of a virtual machine.'},
  ],
  seeAlso: ['corral backup files extract', 'corral backup show', 'corral backup list', 'pct restore', 'qmrestore'],
})
