import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm enroll-efi-keys',
  summary: 'Add the keys for Secure Boot that the firmware of a virtual machine lacks.',
  description: `The certificates are those of the host's package ovmf: what its template has in \`KEK\` and \`db\` and the machine has not is added to the
machine's own. \`PK\` and \`dbx\` are written only where there are none. Variables, boot entries and keys that are there are kept. A machine that
gets its first \`PK\` starts only what is signed from then on. The machine must be off and have an \`efidisk0\`.`,
  params: {vmid: std.vmid},
  args: ['vmid'],
  returns: {type: 'array', items: {type: 'string'}, description: 'What was added, a line each, or that nothing was missing.'},
  output: {as: 'lines'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Config.Disk'},
  examples: [
    {line: 'qm enroll-efi-keys 100 --dry-run', meaning: 'Show which certificates the machine lacks.'},
    {line: 'qm enroll-efi-keys 100', meaning: 'Add them.'},
  ],
  files: ['qm.conf'],
  seeAlso: ['qm set', 'qm start'],
})
