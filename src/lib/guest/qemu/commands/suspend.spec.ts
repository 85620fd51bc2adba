import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm suspend',
  summary: 'Pause a virtual machine.',
  description: `The machine's processors are halted, and the guest does not notice. It stays in memory, with its disks open, and goes on with
\`qm resume\`; a host that is switched off loses it. A machine that is paused already stays as it is, with success.`,
  api: {method: 'POST', path: '/nodes/{node}/qemu/{vmid}/status/suspend'},
  params: {vmid: std.vmid, skiplock: std.skiplock},
  args: ['vmid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'qmpause', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.PowerMgmt'},
  examples: [{line: 'qm suspend 100', meaning: 'Pause the machine; `qm status 100 --verbose` then says `qmpstatus: paused`.'}],
  seeAlso: ['qm resume', 'qm status'],
})
