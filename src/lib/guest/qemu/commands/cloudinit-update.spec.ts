import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm cloudinit update',
  summary: 'Write the settings for cloud-init to the drive now.',
  description: `A running machine has the disc taken out and put in again; what its cloud-init reads while it runs, and what at its next boot, is up to the guest.
A drive whose volume is gone gets a new one.`,
  api: {method: 'PUT', path: '/nodes/{node}/qemu/{vmid}/cloudinit'},
  params: {vmid: std.vmid},
  args: ['vmid'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Config.Cloudinit'},
  examples: [{line: 'qm cloudinit update 100', meaning: 'Bring the drive up to date without a restart.'}],
  seeAlso: ['qm cloudinit pending', 'qm cloudinit dump', 'qm set'],
})
