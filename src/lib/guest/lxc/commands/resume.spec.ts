import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct resume',
  summary: 'Let a suspended container go on.',
  description: `The opposite of \`pct suspend\`. A container that is not suspended stays as it is, with success.`,
  api: {method: 'POST', path: '/nodes/{node}/lxc/{vmid}/status/resume'},
  params: {vmid: std.vmid},
  args: ['vmid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'vzresume', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.PowerMgmt'},
  examples: [{line: 'pct resume 200', meaning: 'Let it go on.'}],
  seeAlso: ['pct suspend', 'pct status'],
})
