import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm config',
  summary: 'Show the configuration of a virtual machine.',
  description: 'Changes that wait for the next start are shown as if they were in force already; `--current` leaves them out.',
  api: {method: 'GET', path: '/nodes/{node}/qemu/{vmid}/config'},
  params: {
    vmid: std.vmid,
    current: {type: 'boolean', optional: true, default: false, description: 'Show what is in force instead of what will be.'},
    snapshot: {type: 'string', format: 'pve-configid', maxLength: 40, optional: true, completion: 'snapshot', placeholder: 'snapshot', description: 'Show the configuration as this snapshot has it.'},
  },
  args: ['vmid'],
  returns: {
    type: 'object', description: 'The keys with their values as in qm.conf(5), and the digest of the file.',
    properties: {digest: {type: 'string', description: 'The SHA-1 digest of the file, for --digest.'}},
    additionalProperties: {type: 'any', description: 'A number for a key that is one in qm.conf(5) and for a switch (1 and 0), else its text.'},
  },
  output: {as: 'fields'},
  kind: 'read',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Audit'},
  examples: [
    {line: 'qm config 100', meaning: 'The configuration that the next start will use.'},
    {line: 'qm config 100 --output-format json', meaning: 'The same for programs, with the digest for `qm set --digest`.'},
  ],
  seeAlso: ['qm set', 'qm pending'],
})
