import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm importovf',
  summary: 'Make a virtual machine from an OVF manifest or an OVA archive.',
  description: `The machine gets the name, processors, memory, kind of guest, firmware, network cards and disks that the manifest describes. The images
of its disks (VMDK, qcow2, raw) lie in the folder of the manifest, or with it in an archive that ends in \`.ova\`; they are copied onto the
storage and stay as they are. An archive is read where it lies, nothing is unpacked. Network cards are behind a NAT until they are plugged
into a bridge with \`qm set\`.

Digests that came with it (a file with the name of the manifest that ends in \`.mf\`) are compared before an image is copied. Signatures are
not looked at. Refused are archives with links, folders or two manifests, images that stand on other files, and compressed ones.

Nothing is left behind when it fails or is interrupted.`,
  params: {
    vmid: {type: 'integer', minimum: 100, maximum: 999_999_999, format: 'pve-vmid', placeholder: 'vmid', description: 'The number of the new machine, unique in the cluster.'},
    manifest: {type: 'string', isPath: true, maxLength: 4096, completion: 'file', placeholder: 'manifest', description: 'The path of the manifest (`.ovf`) or of the archive (`.ova`).'},
    storage: {...std.storage, description: 'Where the disks are to lie.'},
    dryrun: {type: 'boolean', optional: true, description: 'Show what the manifest describes, and make nothing. `--dry-run` shows the steps.'},
    format: {type: 'string', enum: ['qcow2', 'raw', 'vmdk'], optional: true, placeholder: 'qcow2 | raw | vmdk', defaultText: 'the usual one of the storage for VMDK, else that of the image', description: 'The format of the disks.'},
  },
  args: ['vmid', 'manifest', 'storage'],
  returns: {type: 'array', items: {type: 'string'}, optional: true, description: 'With `--dryrun`, what the manifest describes, a line each.'},
  output: {as: 'lines'},
  kind: 'task',
  task: {type: 'qmimport', id: 'vmid'},
  runsOn: 'node',
  needs: 'root',
  examples: [
    {line: 'qm importovf 100 /srv/appliance/web.ovf local', meaning: 'The machine that the manifest describes, with its disks on local.'},
    {line: 'qm importovf 101 appliance.ova local --format qcow2', meaning: 'From an archive, with disks that can have snapshots.'},
    {line: 'qm importovf 102 appliance.ova local --dryrun', meaning: 'Show what is in it.'},
  ],
  files: ['qm.conf'],
  seeAlso: ['qm import', 'qm create', 'qm set'],
})
