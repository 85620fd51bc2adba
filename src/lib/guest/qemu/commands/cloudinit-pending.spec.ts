import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm cloudinit pending',
  summary: 'Show the settings for cloud-init, and which of them are not on the drive yet.',
  description: `A line begins with \`cur\` for what the drive says, \`new\` for what it will say, and \`del\` for what will be gone from it. It is written when the
machine starts, by \`qm cloudinit update\`, and at once where \`hotplug\` holds \`cloudinit\`.`,
  api: {method: 'GET', path: '/nodes/{node}/qemu/{vmid}/cloudinit'},
  params: {vmid: std.vmid},
  args: ['vmid'],
  returns: {
    type: 'array', description: 'One entry a key.',
    items: {
      type: 'object',
      properties: {
        key: {type: 'string', description: 'The key.'},
        value: {type: 'string', optional: true, description: 'What the drive says.'},
        pending: {type: 'string', optional: true, description: 'What it will say.'},
        delete: {type: 'integer', minimum: 0, maximum: 1, optional: true, description: '1: it will be gone.'},
      },
    },
  },
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Audit'},
  examples: [{line: 'qm cloudinit pending 100', meaning: 'What the guest was told, and what is new.'}],
  seeAlso: ['qm cloudinit update', 'qm cloudinit dump', 'qm pending'],
})
