import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm monitor',
  summary: 'Talk to the monitor of a virtual machine\'s QEMU.',
  description: `Takes commands of QEMU's human monitor, one a line: \`info block\`, \`info network\`; \`help\` lists them, \`quit\` leaves. What is changed here
bypasses the configuration. Commands may also come from a pipe.`,
  params: {vmid: std.vmid},
  args: ['vmid'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'interactive',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'Sys.Modify'},
  examples: [
    {line: 'qm monitor 100', meaning: 'Type commands at the prompt `qm> `.'},
    {line: 'echo info status | qm monitor 100', meaning: 'Run one command.'},
  ],
  seeAlso: ['qm terminal', 'qm status'],
})
