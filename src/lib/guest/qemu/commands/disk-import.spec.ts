import {defineCommand, std} from '../../../spec/index.ts'
import {anyDiskParam} from '../disks/guest-disk.ts'

export const spec = defineCommand({
  id: 'qm disk import',
  aliases: ['qm importdisk'],
  summary: 'Import a disk image as a disk of a virtual machine.',
  description: `The image is copied into a new volume and becomes an unused disk, or the disk that \`--target-disk\` names. It may be a file, given by its
whole path (raw, qcow2, vmdk, vdi, vhdx or vpc), a volume of a storage for imports, or a disk of a machine that does not run.

An image that stands on another file, or keeps its data in one, is refused: it would be read with the rights of root.`,
  params: {
    vmid: std.vmid,
    source: {type: 'string', maxLength: 2000, completion: 'file', placeholder: 'source', description: 'The whole path of an image file, or a volume.'},
    storage: {...std.storage, description: 'The storage of the new volume.'},
    format: {type: 'string', enum: ['raw', 'qcow2', 'vmdk'], optional: true, defaultText: "the usual one of the storage for VMDK, else the image's own where the storage has it", description: 'The format of the new volume.'},
    'target-disk': {...anyDiskParam, optional: true, defaultText: 'the first free unusedN', description: 'What the disk is called in the machine.'},
  },
  args: ['vmid', 'source', 'storage'],
  returns: {type: 'string', description: 'What was imported, and as what.'},
  output: {as: 'lines'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Config.Disk'},
  examples: [
    {line: 'qm disk import 100 /root/debian.qcow2 local', meaning: 'Import it as an unused disk.'},
    {line: 'qm disk import 100 local:import/app.vmdk local --format qcow2 --target-disk scsi0', meaning: 'Import it as the disk scsi0.'},
  ],
  files: ['qm.conf'],
  seeAlso: ['qm disk move', 'qm set'],
})
