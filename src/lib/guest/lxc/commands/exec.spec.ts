import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct exec',
  summary: 'Run a command in a container that runs.',
  description: `The command gets standard input, output and errors as they are, byte for byte, and a terminal where they are one. It is run as the container's root. Write
\`--\` before it, so that its options are not taken for ours.`,
  params: {
    vmid: std.vmid,
    'extra-args': {type: 'array', items: {type: 'string'}, optional: true, description: 'The command and its arguments. No shell looks at them.'},
    'keep-env': {type: 'boolean', optional: true, default: true, description: 'Keep our own environment; 0 clears it.'},
  },
  args: ['vmid', 'extra-args'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'interactive',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Console'},
  exitStatus: [{code: 0, meaning: 'Every code of the command itself is passed on, also those above; 127 where it does not exist, 128 and the signal where one ended it.'}],
  examples: [
    {line: 'pct exec 200 -- systemctl is-system-running', meaning: 'Run a command.'},
    {line: 'pct exec 200 -- tar -C /srv -c . >srv.tar', meaning: 'Its output goes where ours goes.'},
  ],
  seeAlso: ['pct enter'],
})
