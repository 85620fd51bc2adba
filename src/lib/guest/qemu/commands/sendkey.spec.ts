import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm sendkey',
  summary: 'Press keys on the keyboard of a virtual machine.',
  description: `Keys are named as QEMU names them and joined by dashes when they are to be pressed together: \`ctrl-alt-delete\`, \`shift-a\`, \`ret\`.
Letters and digits are keys by their own name. Others are \`spc\`, \`minus\`, \`equal\`, \`dot\`, \`comma\`, \`slash\`, \`backspace\`, \`tab\`, \`esc\`, \`f1\` to \`f12\`,
\`up\`, \`down\`, \`left\`, \`right\`, \`home\`, \`end\`, \`pgup\`, \`pgdn\`, \`insert\`, \`delete\`, \`kp_0\` to \`kp_9\`, \`kp_enter\`, \`print\`, \`sysrq\`, \`meta_l\`; a name with \`_r\`
is the right one of two. A key without a name is given by its scan code: \`0x1d\`.`,
  api: {method: 'PUT', path: '/nodes/{node}/qemu/{vmid}/sendkey'},
  params: {
    vmid: std.vmid,
    key: {type: 'string', maxLength: 200, placeholder: 'key[-key…]', description: 'The keys that are pressed together.'},
    skiplock: std.skiplock,
  },
  args: ['vmid', 'key'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Console'},
  examples: [
    {line: 'qm sendkey 100 ctrl-alt-delete', meaning: 'What reboots many a guest, or opens the login of Windows.'},
    {line: 'qm sendkey 100 alt-sysrq-s', meaning: 'Ask Linux to write its data to the disks.'},
  ],
  seeAlso: ['qm monitor', 'qm terminal'],
})
