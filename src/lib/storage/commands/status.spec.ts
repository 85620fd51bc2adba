import {defineCommand, std} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'pvesm status',
  summary: 'Show the storages and how full they are.',
  description: `Sizes are in KiB. A storage is \`active\` when it can be used now, \`inactive\` when its folder or mount is missing, and \`disabled\` when
the configuration says so. Storages that are not for this host are left out.`,
  api: {method: 'GET', path: '/nodes/{node}/storage'},
  params: {
    content: {
      type: 'string', format: 'pve-storage-content-list', optional: true, placeholder: 'type[,...]',
      description: 'Only storages that may hold one of these: images, rootdir, vztmpl, iso, backup, snippets, import.',
    },
    enabled: {type: 'boolean', optional: true, default: false, description: 'Leave disabled storages out.'},
    format: {type: 'boolean', optional: true, default: false, description: 'Say as well which disk formats a storage has; seen with --output-format json.'},
    storage: {...std.storage, optional: true, description: 'Only this storage.'},
    target: {...std.node, description: 'Only shared storages that this other host can use too. Without effect when it names this host.'},
  },
  args: [],
  returns: {
    type: 'array', description: 'The storages, sorted by name.',
    items: {
      type: 'object',
      properties: {
        storage: {type: 'string', description: 'Its name.'},
        type: {type: 'string', description: 'Its type.'},
        content: {type: 'string', description: 'What it may hold.'},
        enabled: {type: 'integer', description: '1 unless it is disabled.'},
        active: {type: 'integer', description: '1 when it can be used now.'},
        shared: {type: 'integer', description: '1 when all hosts see the same volumes.'},
        total: {type: 'integer', description: 'Size in bytes.'},
        used: {type: 'integer', description: 'Bytes in use.'},
        avail: {type: 'integer', description: 'Bytes that are free.'},
        used_fraction: {type: 'number', optional: true, description: 'The part in use, from 0 to 1.'},
        formats: {
          type: 'object', optional: true, description: 'The disk formats that it has and the one it takes when none is asked for.',
          properties: {supported: {type: 'array', items: {type: 'string'}, description: 'Those that it has.'}, default: {type: 'string', description: 'The one that it takes.'}},
        },
      },
    },
  },
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'node',
  needs: 'anyone',
  examples: [
    {line: 'pvesm status', meaning: 'All storages of this host.'},
    {line: 'pvesm status --content iso --enabled', meaning: 'Where ISO images can lie.'},
    {line: 'pvesm status --output-format json', meaning: 'The same for programs, in bytes.'},
  ],
  seeAlso: ['pvesm list', 'pvesm add'],
})
