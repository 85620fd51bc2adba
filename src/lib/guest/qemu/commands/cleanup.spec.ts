import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm cleanup',
  summary: 'Clear up after a virtual machine that has ended.',
  description: `Run by qmeventd(8); there is seldom a reason to type it. Sockets, PID file and tap devices are removed, changes that waited are put into
force, and a machine that \`qm reboot\` shut down is started again. A machine that runs is left alone, with success.`,
  params: {
    vmid: std.vmid,
    'clean-shutdown': {type: 'boolean', description: 'Whether QEMU ended in order (1) or is simply gone (0).'},
    'guest-requested': {type: 'boolean', description: 'Whether the end came from inside the guest.'},
  },
  args: ['vmid', 'clean-shutdown', 'guest-requested'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: 'root',
  examples: [{line: 'qm cleanup 100 1 1', meaning: 'What qmeventd runs when guest 100 has switched itself off.'}],
  seeAlso: ['qm reboot', 'qmeventd(8)'],
})
