import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral container cleanup',
  summary: 'Clear up after a container that has ended.',
  description: `What waits beside each container runs this; there is seldom a reason to type it. Its hook script is called, run files are removed, changes that
waited are put into force, and a container that asked for a reboot is started again. A container that runs is left alone, with success.`,
  params: {vmid: std.vmid},
  args: ['vmid'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: 'root',
  examples: [{line: 'corral container cleanup 200', meaning: 'What is run when container 200 has ended.'}],
  seeAlso: ['pct reboot', 'pct start', 'corral doctor'],
})
