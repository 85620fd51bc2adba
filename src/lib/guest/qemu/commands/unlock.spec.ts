import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm unlock',
  summary: 'Take the lock out of the configuration of a virtual machine.',
  description: 'A lock such as `backup` keeps others from changing the machine while that work goes on. Take it away only when the work is known to be over.',
  params: {vmid: std.vmid},
  args: ['vmid'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: 'root',
  examples: [{line: 'qm unlock 100', meaning: 'Let the machine be changed again.'}],
  seeAlso: ['qm config'],
})
