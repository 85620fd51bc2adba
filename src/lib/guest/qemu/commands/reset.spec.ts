import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm reset',
  summary: 'Reset a virtual machine.',
  description: 'The machine begins anew as if its reset button were pressed, without a word to the guest. Changes that wait for a restart go on waiting.',
  api: {method: 'POST', path: '/nodes/{node}/qemu/{vmid}/status/reset'},
  params: {vmid: std.vmid, skiplock: std.skiplock},
  args: ['vmid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'qmreset', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.PowerMgmt'},
  examples: [{line: 'qm reset 100', meaning: 'Press the reset button.'}],
  seeAlso: ['qm reboot'],
})
