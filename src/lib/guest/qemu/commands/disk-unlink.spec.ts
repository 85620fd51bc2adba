import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm disk unlink',
  aliases: ['qm unlink'],
  summary: 'Take disks away from a virtual machine.',
  description: `A disk that is taken away is kept as \`unusedN\`; an \`unusedN\` that is taken away is removed with its data. The same as \`qm set --delete\`.`,
  api: {method: 'PUT', path: '/nodes/{node}/qemu/{vmid}/unlink'},
  params: {
    vmid: std.vmid,
    force: {type: 'boolean', optional: true, description: 'Remove the volumes instead of keeping them as unused disks. **Their data is lost.**'},
    idlist: {type: 'string', format: 'pve-configid-list', placeholder: 'key[,key…]', description: 'The disks: `scsi1`, `unused0`.'},
  },
  args: ['vmid'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Config.Disk'},
  examples: [
    {line: 'qm disk unlink 100 --idlist scsi1', meaning: 'Take the second disk away; it stays as unused0.'},
    {line: 'qm disk unlink 100 --idlist unused0', meaning: 'Remove the unused disk and its data.'},
  ],
  seeAlso: ['qm set', 'qm disk rescan'],
})
