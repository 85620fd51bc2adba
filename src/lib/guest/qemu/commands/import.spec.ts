import {defineCommand, std} from '../../../spec/index.ts'
import {qemuConfigParams} from '../config/index.ts'

export const spec = defineCommand({
  id: 'qm import',
  summary: 'Make a virtual machine from a source on a storage for imports.',
  description: `The source is a volume of content type \`import\`: an archive (\`local:import/web.ova\`) or a manifest (\`local:import/web.ovf\`) with its
images beside it. The machine becomes what it describes, as with \`qm importovf\`; every key of qm.conf(5) that is given counts more than
the source, and keys named with \`--delete\` are left out, disks and network cards among them.

With \`--live-import\` the machine starts at once and reads from the images what its disks do not have yet, while QEMU copies the rest; the images have to stay
until the command ends. The disks are qcow2 then, on a storage that keeps disks as files. When the machine is switched off meanwhile, what is left is
copied without it, and nothing that it has written is lost. The configuration is locked (\`create\`) until everything is copied.

Nothing is left behind when it fails or is interrupted before the machine runs.`,
  params: {
    // Not std.vmid: completion offers, and names stand for, guests that exist.
    vmid: {type: 'integer', minimum: 100, maximum: 999_999_999, format: 'pve-vmid', placeholder: 'vmid', description: 'The number of the new machine, unique in the cluster.'},
    source: {...std.volume, description: 'The volume that is imported, such as `local:import/web.ova`.'},
    ...qemuConfigParams,
    delete: {type: 'string', format: 'pve-configid-list', optional: true, placeholder: 'string', description: 'Keys that are not taken from the source, such as `net0,scsi1`.'},
    dryrun: {type: 'boolean', optional: true, default: false, description: 'Show what the source describes, and make nothing. `--dry-run` shows the steps.'},
    format: {type: 'string', enum: ['qcow2', 'raw', 'vmdk'], optional: true, placeholder: 'qcow2 | raw | vmdk', defaultText: 'the usual one of the storage for VMDK, else that of the image', description: 'The format of the disks.'},
    'live-import': {type: 'boolean', optional: true, default: false, description: 'Start the machine at once and copy its disks while it runs.'},
    storage: {...std.storage, description: 'Where the disks are to lie.'},
  },
  args: ['vmid', 'source'],
  returns: {type: 'array', items: {type: 'string'}, optional: true, description: 'With `--dryrun`, what the source describes, a line each.'},
  output: {as: 'lines'},
  kind: 'task',
  task: {type: 'qmimport', id: 'vmid'},
  runsOn: 'node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Allocate'},
  examples: [
    {line: 'qm import 100 local:import/web.ova --storage local --net0 virtio,bridge=vmbr0', meaning: 'With a card of another model, on a bridge.'},
    {line: 'qm import 101 local:import/web.ovf --storage local --memory 4096 --delete scsi1', meaning: 'With more memory and without its second disk.'},
    {line: 'qm import 103 local:import/web.ova --storage local --live-import', meaning: 'Run it while its disks are copied.'},
    {line: 'qm import 102 local:import/web.ova --storage local --dryrun', meaning: 'Show what is in it.'},
  ],
  files: ['qm.conf'],
  seeAlso: ['qm importovf', 'qm create', 'pvesm list'],
})
