import {defineCommand} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral disk lvmthin list',
  summary: 'List the thin pools of a host.',
  api: {method: 'GET', path: '/nodes/{node}/disks/lvmthin'},
  params: {},
  args: [],
  returns: {
    type: 'array', description: 'The thin pools, by group and name.',
    items: {
      type: 'object',
      properties: {
        lv: {type: 'string', description: 'The name of the pool.'}, vg: {type: 'string', description: 'The volume group that it is in.'},
        lv_size: {type: 'integer', description: 'How many bytes of data it holds.'}, used: {type: 'integer', description: 'How many of them are taken.'},
        metadata_size: {type: 'integer', description: 'The size of its metadata in bytes.'}, metadata_used: {type: 'integer', description: 'How many bytes of that are taken.'},
      },
    },
  },
  output: {
    as: 'table',
    columns: [
      {key: 'vg', header: 'GROUP', isKeptWhole: true}, {key: 'lv', header: 'POOL', isKeptWhole: true}, {key: 'lv_size', header: 'SIZE', unit: 'bytes', align: 'right'}, {key: 'used', header: 'USED', unit: 'bytes', align: 'right'},
      {key: 'metadata_size', header: 'METADATA', unit: 'bytes', align: 'right'}, {key: 'metadata_used', header: 'METADATA USED', unit: 'bytes', align: 'right'},
    ],
  },
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Audit'},
  examples: [{line: 'corral disk lvmthin list', meaning: 'The thin pools of this host, and how full they are.'}],
  seeAlso: ['corral disk lvmthin create', 'corral disk lvmthin destroy', 'corral disk lvm list', 'lvmthin(7)'],
})
