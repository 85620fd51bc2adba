import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm showcmd',
  summary: 'Show the QEMU command line of a virtual machine.',
  description: 'The line is what a start would run now, quoted for a shell. Nothing is started or changed. Changes that wait for the next start are left out.',
  params: {
    vmid: std.vmid,
    pretty: {type: 'boolean', optional: true, default: false, description: 'Put each option on a line of its own.'},
    snapshot: {type: 'string', format: 'pve-configid', maxLength: 40, optional: true, completion: 'snapshot', placeholder: 'snapshot', description: 'Take the configuration of this snapshot.'},
  },
  args: ['vmid'],
  returns: {type: 'string', description: 'The command line.'},
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'guest-node',
  needs: 'root',
  examples: [{line: 'qm showcmd 100 --pretty', meaning: 'The command line, one option a line.'}],
  seeAlso: ['qm start', 'qm config'],
})
