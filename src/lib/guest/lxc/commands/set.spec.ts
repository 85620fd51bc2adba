import {defineCommand, std} from '../../../spec/index.ts'
import {lxcConfigParams} from '../config/index.ts'

export const spec = defineCommand({
  id: 'pct set',
  summary: 'Change the configuration of a container.',
  description: `A container that runs takes at once its limits (\`memory\`, \`swap\`, \`cores\`, \`cpulimit\`, \`cpuunits\`), its interfaces, and what it has no part in (notes,
tags, start order and the like); everything else waits until its next start. What the kernel refuses is taken back, with the configuration as it was.
The command says so, \`pct pending\` shows it and \`--revert\` takes it back.

A mount point that is deleted or replaced is kept as \`unusedN\`. Deleting \`unusedN\` removes its data.`,
  api: {method: 'PUT', path: '/nodes/{node}/lxc/{vmid}/config'},
  params: {
    vmid: std.vmid,
    ...lxcConfigParams,
    delete: {type: 'string', format: 'pve-configid-list', optional: true, placeholder: 'key[,key…]', description: 'Keys to take out of the configuration.'},
    revert: {type: 'string', format: 'pve-configid-list', optional: true, placeholder: 'key[,key…]', description: 'Keys whose waiting changes are dropped.'},
    digest: {...std.digest, maxLength: 40},
  },
  args: ['vmid'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Config.Options'},
  examples: [
    {line: 'pct set 200 --memory 2048 --cpulimit 2', meaning: 'More memory and processors, at once.'},
    {line: 'pct set 200 --mp0 local:10,mp=/srv/data', meaning: 'A volume of 10 GiB at /srv/data.'},
    {line: 'pct set 200 --delete mp0', meaning: 'Take it away; it stays as unused0.'},
    {line: 'pct set 200 --delete unused0', meaning: 'Remove the unused volume and its data.'},
  ],
  files: ['pct.conf'],
  seeAlso: ['pct config', 'pct pending'],
})
