import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm guest passwd',
  summary: 'Set the password of a user inside a virtual machine.',
  description: `The password is asked for on the terminal, twice. Where standard input is no terminal, its first line is taken. It never stands
on a command line.`,
  api: {method: 'POST', path: '/nodes/{node}/qemu/{vmid}/agent/set-user-password'},
  params: {
    vmid: std.vmid,
    username: {type: 'string', minLength: 1, maxLength: 256, placeholder: 'username', description: 'The user in the guest.'},
    password: {
      type: 'string', optional: true, secret: true, minLength: 5, maxLength: 1024, fromInput: {as: 'secret', prompt: 'New password'},
      description: 'The new password.',
    },
    crypted: {type: 'boolean', default: false, optional: true, description: 'It is a hash already, such as mkpasswd(1) makes.'},
  },
  args: ['vmid', 'username'],
  returns: {type: 'object', properties: {result: {type: 'any', description: 'What the agent answered: nothing of interest.'}}},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.GuestAgent.Unrestricted'},
  examples: [
    {line: 'qm guest passwd 100 root', meaning: 'Set it, being asked for it.'},
    {line: 'qm guest passwd 100 root < password-file', meaning: 'Set it in a script.'},
    {line: 'mkpasswd | qm guest passwd 100 root --crypted 1', meaning: 'Set it without the guest being told what it is.'},
  ],
  seeAlso: ['qm guest exec', 'qm set'],
})
