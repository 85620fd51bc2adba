import {defineCommand, std} from '../../../spec/index.ts'
import {serialInterfaces} from '../runtime/sockets.ts'

export const spec = defineCommand({
  id: 'qm terminal',
  summary: 'Open a terminal on a serial port of a virtual machine.',
  description: `What the guest writes to its serial port is shown, what is typed goes to the guest, Ctrl-C too. Ctrl-O leaves the terminal; the guest goes on.
The machine needs a serial port (\`qm set VMID --serial0 socket\`) and the guest something that uses it: a kernel with \`console=ttyS0\`, a getty.

In scripts, standard input may be a pipe: its end leaves the terminal as soon as the guest has been silent for a second. With no input at all
(\`</dev/null\`) the output is shown until the guest ends or the reader closes it. A port serves one terminal at a time.`,
  params: {
    vmid: std.vmid,
    escape: {
      type: 'string', optional: true, default: '^O', pattern: '(\\^[@-_a-z]|0x[0-9a-fA-F]{1,2}|[0-9]{1,3}|none)', placeholder: 'key',
      description: 'The key that leaves the terminal: `^O` for Ctrl-O, the number of a character (`0x1d`, `29`), or `none`.',
    },
    iface: {
      type: 'string', enum: serialInterfaces, optional: true, defaultText: 'the first that the machine has',
      description: 'The serial port.',
    },
  },
  args: ['vmid'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'interactive',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Console'},
  examples: [
    {line: 'qm terminal 100', meaning: 'Talk to the guest; Ctrl-O leaves.'},
    {line: 'qm terminal 100 </dev/null | grep -m1 login:', meaning: 'Wait until the guest asks for a name.'},
  ],
  seeAlso: ['qm monitor', 'qm start'],
})
