import {defineCommand, std} from '../../../spec/index.ts'
import {driveKeys} from '../config/drives.ts'

export const spec = defineCommand({
  id: 'qm template',
  summary: 'Make a virtual machine a template.',
  description: `A template is not started any more; it is what \`qm clone\` makes machines from. Its disks become bases, which are not written again and
which linked clones stand on. The machine must be stopped and have no snapshots.

There is no way back. Who wants to change a template makes a full clone of it, changes that, and makes a template of it.`,
  api: {method: 'POST', path: '/nodes/{node}/qemu/{vmid}/template'},
  params: {
    vmid: std.vmid,
    disk: {type: 'string', enum: [...driveKeys, 'efidisk0', 'tpmstate0'].sort(), optional: true, placeholder: 'drive', description: 'Make only this disk a base. It may be a further disk of a machine that is a template already.'},
  },
  args: ['vmid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'qmtemplate', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Allocate'},
  examples: [
    {line: 'qm template 9000', meaning: 'Make the stopped machine 9000 a template.'},
    {line: 'qm template 9000 --disk scsi0 --dry-run', meaning: 'Show what would become of one disk, and do nothing.'},
  ],
  files: ['qm.conf'],
  seeAlso: ['qm clone', 'qm create'],
})
