import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct unmount',
  summary: 'Unmount the file systems of a container from the host.',
  description: 'Takes back what `pct mount` did, and the lock `mounted`. Where a program still uses the files it says so, and nothing more is done.',
  params: {vmid: std.vmid},
  args: ['vmid'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: 'root',
  examples: [{line: 'pct unmount 200', meaning: 'The container can be started again.'}],
  seeAlso: ['pct mount'],
})
