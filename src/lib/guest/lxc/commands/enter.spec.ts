import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct enter',
  summary: 'Open a shell in a container that runs.',
  description: 'The shell is that of root in the container, without asking for a password. Its end leaves the container as it is.',
  params: {
    vmid: std.vmid,
    'keep-env': {type: 'boolean', optional: true, default: true, description: 'Keep our own environment; 0 clears it.'},
  },
  args: ['vmid'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'interactive',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Console'},
  exitStatus: [{code: 0, meaning: 'The code of the shell is passed on, also those above.'}],
  examples: [{line: 'pct enter 200', meaning: 'Look around as root.'}],
  seeAlso: ['pct exec'],
})
