import {defineCommand, std} from '../../../spec/index.ts'
import {diskParam} from './params.ts'

export const spec = defineCommand({
  id: 'corral disk wipe',
  summary: 'Make a disk or partition blank.',
  description: `Erases the partition table and the signatures of file systems, LVM, ZFS and software RAID, and writes zeroes over the first 200 MiB and the last 4 MiB. What was
on the disk cannot be brought back, though most of its bytes stay: this is no way to keep them from others.

**Refused while something uses the disk:** a mounted file system, swap, device mapper or software RAID, an imported ZFS pool, an OSD, a volume group that a storage lies on, or a guest
that was given the disk. \`--dry-run\` names all that would be lost.`,
  api: {method: 'PUT', path: '/nodes/{node}/disks/wipedisk'},
  params: {disk: diskParam('The disk or partition.')},
  args: ['disk'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'wipedisk', id: 'disk'},
  runsOn: 'node',
  needs: 'root',
  examples: [
    {line: 'corral disk wipe /dev/sdb --dry-run', meaning: 'Say what is on the disk and would be lost.'},
    {line: 'corral disk wipe /dev/sdb', meaning: 'Make it blank.'},
  ],
  seeAlso: ['corral disk list', 'corral disk initgpt'],
})
