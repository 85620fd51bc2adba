import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm cloudinit dump',
  summary: 'Show a file that is generated for cloud-init.',
  description: `It is made of the configuration as it stands, in the form of \`citype\`, whether or not the drive has been written since. A file of your own
(\`cicustom\`) is not looked at, so what is shown can be the beginning of one.`,
  api: {method: 'GET', path: '/nodes/{node}/qemu/{vmid}/cloudinit/dump'},
  params: {
    vmid: std.vmid,
    type: {type: 'string', enum: ['meta', 'network', 'user'], description: 'Which file: the user data, the network settings or the metadata.'},
  },
  args: ['vmid', 'type'],
  returns: {type: 'string', description: 'The file. It can hold the hash of a password.'},
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Audit'},
  examples: [
    {line: 'qm cloudinit dump 100 user', meaning: 'User, keys, host name.'},
    {line: 'qm cloudinit dump 100 network', meaning: 'Addresses and DNS servers.'},
  ],
  seeAlso: ['qm cloudinit pending', 'qm cloudinit update', 'qm set'],
})
