import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm vncproxy',
  summary: 'Join standard input and output to the screen of a virtual machine.',
  description: `For programs that carry the screen of a machine to a viewer (inetd, ssh, a web proxy); a person looks at it with a VNC viewer behind such a
program. The bytes of the VNC protocol (RFB) go through as they are until either side ends.

The viewer needs a password, which is taken from the environment and holds for connections of the next 30 seconds. VNC compares its first
eight characters only. This lets one viewer of the host in, with the password set beforehand:

    socat TCP-LISTEN:5900,bind=127.0.0.1 EXEC:"qm vncproxy 100"`,
  params: {vmid: std.vmid},
  args: ['vmid'],
  environment: [{name: 'LC_PVE_TICKET', meaning: 'The password that the viewer has to give. Without it nobody is let in.'}],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'interactive',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Console'},
  examples: [{line: 'qm vncproxy 100', meaning: 'Speak VNC with one viewer on standard input and output.'}],
  seeAlso: ['qm terminal', 'qm sendkey'],
})
