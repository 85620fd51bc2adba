import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm listsnapshot',
  summary: 'List the snapshots of a virtual machine.',
  description: 'As a tree: each stands below the one that the machine was at when it was taken. The last line says where the machine is now.',
  api: {method: 'GET', path: '/nodes/{node}/qemu/{vmid}/snapshot'},
  params: {vmid: std.vmid},
  args: ['vmid'],
  returns: {
    type: 'array', description: 'The snapshots, oldest first, then the machine as it is now under the name `current`.',
    items: {
      type: 'object',
      properties: {
        name: {type: 'string', description: 'The name; `current` for the machine as it is now.'},
        description: {type: 'string', description: 'The notes on it.'},
        snaptime: {type: 'integer', minimum: 0, optional: true, description: 'When it was taken, in seconds since 1970.'},
        parent: {type: 'string', optional: true, description: 'The snapshot that it stands on.'},
        vmstate: {type: 'integer', minimum: 0, maximum: 1, optional: true, description: '1 when it has the memory of the running machine.'},
        snapstate: {type: 'string', optional: true, description: '`prepare` or `delete` for one that is half taken or half removed.'},
        running: {type: 'integer', minimum: 0, maximum: 1, optional: true, description: 'Of `current`: 1 when the machine runs.'},
        digest: {type: 'string', optional: true, description: 'Of `current`: the SHA-1 digest of the configuration.'},
      },
    },
  },
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Audit'},
  examples: [
    {line: 'qm listsnapshot 100', meaning: 'The snapshots as a tree.'},
    {line: 'qm listsnapshot 100 --output-format json', meaning: 'The same for programs.'},
  ],
  seeAlso: ['qm snapshot', 'qm config'],
})
