import {defineCommand, std} from '../../../spec/index.ts'
import {qemuConfigParams} from '../config/index.ts'
import {importableDriveParams} from '../config/drives.ts'
import {restoreParams} from '../restore/restore-params.ts'

const {bwlimit, force, unique} = restoreParams
const restoreOptions = {
  bwlimit: {...bwlimit, type: 'integer', requires: 'archive'}, force: {...force, requires: 'archive'},
  'live-restore': {...restoreParams['live-restore'], requires: 'archive'}, unique: {...unique, requires: 'archive'},
} as const

export const spec = defineCommand({
  id: 'qm create',
  summary: 'Create a virtual machine.',
  description: `The options are the keys of the machine's configuration, and what is not given keeps its default. A disk is made by
writing \`STORAGE:SIZE\` where a volume is due, with the size in GiB: \`--scsi0 local:32\`. \`format=qcow2\` behind it picks the format
of the image.

The network cards get a hardware address, the machine gets a UUID and a generation id, unless they are given. When no boot order is
given, the first disk, the first CD-ROM drive and the first network card are tried, in this order.

With \`--archive\` it is made from a backup instead; qmrestore(1) says how.

Nothing is left behind when it fails or is interrupted: volumes that were made are removed again.`,
  api: {method: 'POST', path: '/nodes/{node}/qemu'},
  params: {
    // Not std.vmid: completion offers, and names stand for, guests that exist.
    vmid: {type: 'integer', minimum: 100, maximum: 999_999_999, format: 'pve-vmid', placeholder: 'vmid', description: 'The number of the new machine, unique in the cluster.'},
    ...qemuConfigParams,
    ...importableDriveParams,
    archive: {type: 'string', isPath: 'or-volume', maxLength: 255, optional: true, completion: 'volume', placeholder: 'archive', description: 'Make the machine from this backup (- for standard input), as `qmrestore` does; keys that are given count more than those in it.'},
    ...restoreOptions,
    storage: {...std.storage, optional: true, requires: 'archive', defaultText: 'where each disk lay', description: 'With `--archive`, where the disks are to lie.'},
    'import-working-storage': {
      type: 'string', format: 'pve-storage-id', optional: true, completion: 'storage', placeholder: 'storage',
      description: 'For calls that are written for Proxmox VE, which unpacks archives there. It has to exist; images are copied out of archives where they lie, and nothing is put there.',
    },
    pool: {type: 'string', format: 'pve-poolid', optional: true, placeholder: 'pool', description: 'Put the machine into this pool, which must exist.'},
    start: {type: 'boolean', optional: true, default: false, description: 'Start the virtual machine once it is created.'},
  },
  args: ['vmid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'qmcreate', id: 'vmid'},
  interactiveWith: {param: 'archive', value: '-'},
  runsOn: 'node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Allocate'},
  examples: [
    {
      line: 'qm create 100 --name web --memory 2048 --cores 2 --ostype l26 --scsihw virtio-scsi-single --scsi0 local:32 --ide2 local:iso/debian.iso,media=cdrom --net0 virtio,bridge=vmbr0',
      meaning: 'A machine with a new disk of 32 GiB that can install from an ISO image.',
    },
    {line: 'qm create 101 --memory 512 --serial0 socket --net0 virtio --start', meaning: 'A machine behind a NAT, started at once.'},
    {line: 'qm create 103 --memory 2048 --scsi0 local:0,import-from=/root/debian.qcow2', meaning: 'With a disk that is filled from an image.'},
    {line: 'qm create 104 --archive local:backup/vzdump-qemu-100-2026_01_31-12_00_00.vma.zst --unique --name second', meaning: 'From a backup, with a name of its own.'},
    {line: 'qm create 102 --scsi0 local:8,format=qcow2 --dry-run', meaning: 'Show what would be done, and do nothing.'},
  ],
  files: ['qm.conf'],
  seeAlso: ['qm set', 'qm start', 'qm destroy', 'qmrestore'],
})
