import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct config',
  summary: 'Show the configuration of a container.',
  description: 'Changes that wait for the next start are shown as if they were in force already; `--current` leaves them out.',
  api: {method: 'GET', path: '/nodes/{node}/lxc/{vmid}/config'},
  params: {
    vmid: std.vmid,
    current: {type: 'boolean', optional: true, default: false, description: 'Show what is in force instead of what will be.'},
    snapshot: {type: 'string', format: 'pve-configid', maxLength: 40, optional: true, completion: 'snapshot', placeholder: 'snapshot', description: 'Show the configuration as this snapshot has it.'},
  },
  args: ['vmid'],
  returns: {
    type: 'object', description: 'The keys with their values as in pct.conf(5), and the digest of the file.',
    properties: {
      digest: {type: 'string', description: 'The SHA-1 digest of the file, for --digest.'},
      lxc: {type: 'array', optional: true, items: {type: 'array', items: {type: 'string'}}, description: 'Lines that LXC is given as they are, each as its key and its value.'},
    },
    additionalProperties: {type: 'any', description: 'A number for a key that is one in pct.conf(5) and for a switch (1 and 0), else its text.'},
  },
  output: {as: 'fields'},
  kind: 'read',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Audit'},
  examples: [
    {line: 'pct config 200', meaning: 'The configuration that the next start will use.'},
    {line: 'pct config 200 --output-format json', meaning: 'The same for programs, with the digest for `pct set --digest`.'},
  ],
  seeAlso: ['pct set', 'pct pending'],
})
