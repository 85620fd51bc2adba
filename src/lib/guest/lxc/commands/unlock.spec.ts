import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct unlock',
  summary: 'Take the lock out of the configuration of a container.',
  description: 'A lock such as `backup` keeps others from changing the container while that work goes on. Take it away only when the work is known to be over.',
  params: {vmid: std.vmid},
  args: ['vmid'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: 'root',
  examples: [{line: 'pct unlock 200', meaning: 'Let the container be changed again.'}],
  seeAlso: ['pct config'],
})
