import {defineCommand, std} from '../../../spec/index.ts'
import {diskParam} from '../disks/guest-disk.ts'

export const spec = defineCommand({
  id: 'qm disk resize',
  aliases: ['qm resize'],
  summary: 'Make a disk of a virtual machine larger.',
  description: `A machine that runs sees the new size at once; its partitions and file systems are its own to grow. Disks are never made smaller, and
one that has snapshots keeps its size.`,
  api: {method: 'PUT', path: '/nodes/{node}/qemu/{vmid}/resize'},
  params: {
    vmid: std.vmid,
    disk: diskParam,
    size: {type: 'string', pattern: '\\+?\\d+(?:\\.\\d+)?[KMGT]?', maxLength: 40, placeholder: '[+]size', description: 'The new size, such as `40G`; with a plus sign, how much is added to it: `+8G`. Bytes where no unit is given.'},
    digest: {...std.digest, maxLength: 40},
    skiplock: std.skiplock,
  },
  args: ['vmid', 'disk', 'size'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'resize', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Config.Disk'},
  examples: [
    {line: 'qm disk resize 100 scsi0 +8G', meaning: 'Add 8 GiB.'},
    {line: 'qm disk resize 100 scsi0 40G', meaning: 'Make it 40 GiB large.'},
  ],
  files: ['qm.conf'],
  seeAlso: ['qm disk move', 'qm disk rescan'],
})
