import {defineCommand, std} from '../../../spec/index.ts'
import {anyDiskParam} from '../disks/guest-disk.ts'

const digest = {...std.digest, maxLength: 40} as const

export const spec = defineCommand({
  id: 'qm disk move',
  aliases: ['qm move-disk', 'qm move_disk'],
  summary: 'Move a disk to another storage or format, or to another virtual machine.',
  description: `A machine that runs goes on while its disk is copied, and goes on with the copy when it is complete. The old volume is kept as
\`unusedN\` unless \`--delete\` is given. Interrupted, the move is either taken back or brought to its end; the machine never loses what it wrote.

With \`--target-vmid\` the disk is given to another machine of this node, under another name. Nothing is copied then.`,
  api: {method: 'POST', path: '/nodes/{node}/qemu/{vmid}/move_disk'},
  params: {
    vmid: std.vmid,
    disk: anyDiskParam,
    storage: {...std.storage, optional: true, description: 'The storage that takes the disk. It may be the one where it is, with another `--format`.'},
    bwlimit: {type: 'integer', minimum: 0, optional: true, placeholder: 'KiB/s', defaultText: 'the limits of storages and datacenter.cfg', description: 'How fast the disk is copied at most, in KiB a second; 0 is no limit.'},
    delete: {type: 'boolean', optional: true, default: false, description: 'Remove the old volume once the disk is moved. **Its data is lost**, but for the copy.'},
    digest,
    format: {type: 'string', enum: ['raw', 'qcow2', 'vmdk'], optional: true, defaultText: "the disk's own where the storage has it", description: 'The format of the new volume.'},
    'target-digest': {...digest, requires: 'target-vmid', description: 'Refuse the change when the configuration of the other machine is no longer the one with this SHA-1 digest.'},
    'target-disk': {...anyDiskParam, optional: true, requires: 'target-vmid', defaultText: 'as it is called now', description: 'What the disk is called in the other machine.'},
    'target-vmid': {...std.vmid, optional: true, description: 'The machine that the disk is given to.'},
  },
  args: ['vmid', 'disk', 'storage'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'qmmove', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Config.Disk'},
  examples: [
    {line: 'qm disk move 100 scsi0 fast', meaning: 'Move the disk, and keep the old volume as an unused disk.'},
    {line: 'qm disk move 100 scsi0 local --format qcow2 --delete', meaning: 'Turn it into a qcow2 image and remove the old volume.'},
    {line: 'qm disk move 100 scsi1 --target-vmid 101 --target-disk scsi2', meaning: 'Give it to another machine.'},
  ],
  files: ['qm.conf'],
  seeAlso: ['qm disk resize', 'qm disk unlink', 'qm disk rescan'],
})
