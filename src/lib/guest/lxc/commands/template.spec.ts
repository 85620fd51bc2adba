import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct template',
  summary: 'Make a container a template.',
  description: `A template is not started any more; it is what \`pct clone\` makes containers from. Its volumes become bases where their storages have such, which
are not written again and which linked clones stand on; on others they stay as they are, and clones are full ones. The container must be stopped and have no
snapshots.

There is no way back. Who wants to change a template makes a full clone of it, changes that, and makes a template of it.`,
  api: {method: 'POST', path: '/nodes/{node}/lxc/{vmid}/template'},
  params: {vmid: std.vmid},
  args: ['vmid'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Allocate'},
  examples: [
    {line: 'pct template 9000', meaning: 'Make the stopped container 9000 a template.'},
    {line: 'pct template 9000 --dry-run', meaning: 'Show what would become of its volumes, and do nothing.'},
  ],
  files: ['pct.conf'],
  seeAlso: ['pct clone', 'pct create'],
})
