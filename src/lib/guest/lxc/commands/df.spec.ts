import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct df',
  summary: 'Show how full the file systems of a container are.',
  description: 'The root file system and the mount points. A container that does not run is mounted for the moment, where nobody else sees that.',
  params: {vmid: std.vmid},
  args: ['vmid'],
  returns: {
    type: 'array', description: 'One entry a file system.',
    items: {
      type: 'object', properties: {
        mp: {type: 'string', description: 'Its key in the configuration.'},
        volume: {type: 'string', description: 'The volume, or the path on the host.'},
        size: {type: 'integer', description: 'Bytes in all.'},
        used: {type: 'integer', description: 'Bytes in use.'},
        avail: {type: 'integer', description: 'Bytes that are left for users.'},
        usage: {type: 'number', description: 'What is in use of what can be, from 0 to 1.'},
        path: {type: 'string', description: 'Where it is in the container.'},
      },
    },
  },
  output: {
    as: 'table',
    columns: [
      {key: 'mp', header: 'MP'}, {key: 'volume', header: 'Volume'}, {key: 'size', header: 'Size', align: 'right', unit: 'bytes'},
      {key: 'used', header: 'Used', align: 'right', unit: 'bytes'}, {key: 'avail', header: 'Avail', align: 'right', unit: 'bytes'},
      {key: 'usage', header: 'Use%', align: 'right', unit: 'percent'}, {key: 'path', header: 'Path'},
    ],
  },
  kind: 'read',
  runsOn: 'guest-node',
  needs: 'root',
  examples: [{line: 'pct df 200', meaning: 'How much room there is left.'}],
  seeAlso: ['pct fstrim', 'pct config'],
})
