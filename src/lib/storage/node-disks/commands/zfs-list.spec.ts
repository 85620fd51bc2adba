import {defineCommand} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral disk zfs list',
  summary: 'List the ZFS pools of a host.',
  description: 'Shows the pools that are imported.',
  api: {method: 'GET', path: '/nodes/{node}/disks/zfs'},
  params: {},
  args: [],
  returns: {
    type: 'array', description: 'The pools, by name.',
    items: {
      type: 'object',
      properties: {
        name: {type: 'string', description: 'The name of the pool.'}, size: {type: 'integer', description: 'Bytes.'}, alloc: {type: 'integer', description: 'Bytes that are taken.'},
        free: {type: 'integer', description: 'Bytes that are not.'}, frag: {type: 'integer', description: 'How scattered the free space is, in percent; -1 where it is not told.'},
        dedup: {type: 'number', description: 'How many times over data is kept once.'}, health: {type: 'string', description: 'ONLINE, DEGRADED, FAULTED or SUSPENDED.'},
      },
    },
  },
  output: {
    as: 'table',
    columns: [
      {key: 'name', header: 'NAME', isKeptWhole: true}, {key: 'size', header: 'SIZE', unit: 'bytes', align: 'right'}, {key: 'alloc', header: 'ALLOC', unit: 'bytes', align: 'right'}, {key: 'free', header: 'FREE', unit: 'bytes', align: 'right'},
      {key: 'frag', header: 'FRAG', align: 'right'}, {key: 'dedup', header: 'DEDUP', align: 'right'}, {key: 'health', header: 'HEALTH'},
    ],
  },
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Audit'},
  examples: [{line: 'corral disk zfs list', meaning: 'The ZFS pools of this host.'}],
  seeAlso: ['corral disk zfs status', 'corral disk zfs create', 'corral disk zfs destroy', 'zpool-list(8)'],
})
