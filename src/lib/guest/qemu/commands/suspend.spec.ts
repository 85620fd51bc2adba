import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm suspend',
  summary: 'Pause a virtual machine, or suspend it to disk.',
  description: `The machine's processors are halted, and the guest does not notice. It stays in memory, with its disks open, and goes on with
\`qm resume\`; a host that is switched off loses it. A machine that is paused already stays as it is, with success.

With \`--todisk\` its memory is saved to a volume of its own and QEMU ends. \`qm start\` and \`qm resume\` let it go on from there, and remove the volume. Until then
the machine is locked (\`suspended\`): \`qm unlock\` takes that away, and the next start throws the state away and boots anew.`,
  api: {method: 'POST', path: '/nodes/{node}/qemu/{vmid}/status/suspend'},
  params: {
    vmid: std.vmid,
    skiplock: std.skiplock,
    statestorage: {
      type: 'string', format: 'pve-storage-id', optional: true, completion: 'storage', placeholder: 'storage', defaultText: 'vmstatestorage, else a storage with a disk of the machine',
      description: 'Where the state goes. With `--todisk` only.',
    },
    todisk: {type: 'boolean', default: false, optional: true, description: 'Save the state to a volume and end the machine.'},
  },
  args: ['vmid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'qmpause', id: 'vmid', typeWith: {todisk: 'qmsuspend'}},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.PowerMgmt'},
  examples: [
    {line: 'qm suspend 100', meaning: 'Pause the machine; `qm status 100 --verbose` then says `qmpstatus: paused`.'},
    {line: 'qm suspend 100 --todisk 1', meaning: 'Save its memory and switch it off; `qm start 100` goes on from there.'},
  ],
  seeAlso: ['qm resume', 'qm start', 'qm status'],
})
