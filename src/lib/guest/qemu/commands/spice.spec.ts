import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral spice',
  summary: 'Let a SPICE viewer in at the screen of a virtual machine.',
  description: `The machine needs a SPICE display (\`vga: qxl\` or \`virtio\`). Its screen is served on a socket of its host, which lets nobody in without a ticket. This
makes a new ticket, which replaces the one before it and holds for connections of the next 30 seconds; a viewer that is in stays in.

On the host itself a viewer is given the socket, and asks for the ticket:

    remote-viewer spice+unix:///run/corral/qemu-server/100.spice

From elsewhere the socket is forwarded to a port, and \`--port\` makes a connection file for that, with the ticket in it. The viewer removes the file:

    ssh -N -L 127.0.0.1:5930:/run/corral/qemu-server/100.spice root@h1 &
    corral spice 100 --port 5930 > vm100.vv && remote-viewer vm100.vv`,
  params: {
    vmid: std.vmid,
    port: {type: 'integer', minimum: 1, maximum: 65535, optional: true, description: 'Write a connection file for this port, which is forwarded to the socket.'},
    address: {type: 'string', format: 'address', optional: true, default: '127.0.0.1', requires: 'port', description: 'Where that port is, seen from the viewer.'},
  },
  args: ['vmid'],
  returns: {
    type: 'object',
    properties: {
      type: {type: 'string', description: 'Always spice.'},
      socket: {type: 'string', description: 'The socket on the host of the machine.'},
      password: {type: 'string', description: 'The ticket.'},
      expires: {type: 'integer', description: 'For how many seconds it lets viewers in.'},
      host: {type: 'string', optional: true, description: 'The address of the forwarded port.'},
      port: {type: 'integer', optional: true, description: 'The forwarded port.'},
      title: {type: 'string', description: 'What a viewer may write over its window.'},
    },
  },
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Console'},
  examples: [
    {line: 'corral spice 100', meaning: 'Print the socket and a ticket for it.'},
    {line: 'corral spice 100 --port 5930 > vm100.vv', meaning: 'A file for remote-viewer, for a socket that ssh forwards to port 5930.'},
  ],
  seeAlso: ['qm vncproxy', 'qm terminal', 'qm.conf(5)'],
})
