import {defineCommand, std} from '../../../spec/index.ts'
import {machineParams} from '../config/machine.ts'

export const spec = defineCommand({
  id: 'qm start',
  summary: 'Start a virtual machine.',
  description: `Changes that wait for a restart are put into force first. The start has succeeded when QEMU answers; the guest is then only beginning
to boot (\`qm terminal\` shows it, where the machine has a serial port). One that was suspended to disk goes on from its state instead, and
changes go on waiting. A start that fails is taken back: nothing is left of it.

When QEMU refuses to start, the end of its messages is shown together with the key of the configuration that they are about.`,
  api: {method: 'POST', path: '/nodes/{node}/qemu/{vmid}/status/start'},
  params: {
    vmid: std.vmid,
    'force-cpu': {
      type: 'string', optional: true, placeholder: 'string', maxLength: 4096,
      description: 'Give QEMU this text for its option `-cpu` instead of what the configuration says. Only root may do this.',
    },
    machine: {...machineParams.machine, description: 'Start with this machine type instead of the one that the configuration says.'},
    skiplock: std.skiplock,
    stateuri: {
      type: 'string', maxLength: 128, optional: true, completion: 'volume', placeholder: 'volume',
      description: 'Go on from the state of the machine in this volume, which stays; the disks have to be those that belong to it. Only root may do this.',
    },
    timeout: {
      type: 'integer', minimum: 0, optional: true, defaultText: '30, or one for each GiB of memory when that is more', placeholder: 'seconds',
      description: 'How long QEMU may take to come up, in seconds. 0 sets no limit.',
    },
  },
  args: ['vmid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'qmstart', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.PowerMgmt'},
  examples: [
    {line: 'qm start 100', meaning: 'Start the machine.'},
    {line: 'qm start 100 --dry-run', meaning: 'Show what would be done, with the whole command line of QEMU.'},
    {line: 'qm start 100 --machine pc-i440fx-7.2', meaning: 'Start it once with an older board.'},
  ],
  seeAlso: ['qm shutdown', 'qm stop', 'qm terminal', 'qm showcmd'],
})
