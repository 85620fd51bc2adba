import {defineCommand} from '../../../spec/index.ts'

const size = {type: 'integer', description: 'Bytes.'} as const
const free = {type: 'integer', description: 'Bytes that no logical volume takes.'} as const
const leaf = {type: 'boolean', description: 'Whether nothing stands below it.'} as const

export const spec = defineCommand({
  id: 'corral disk lvm list',
  summary: 'List the volume groups of a host.',
  description: 'Shows each volume group with the devices that it lies on.',
  api: {method: 'GET', path: '/nodes/{node}/disks/lvm'},
  params: {},
  args: [],
  returns: {
    type: 'object', description: 'The groups as a tree.',
    properties: {
      leaf,
      children: {
        type: 'array', description: 'The volume groups, by name.',
        items: {
          type: 'object',
          properties: {
            name: {type: 'string', description: 'The name of the group.'}, size, free, leaf,
            children: {
              type: 'array', description: 'Its devices.',
              items: {type: 'object', properties: {name: {type: 'string', description: 'The path of the device.'}, size, free, leaf}},
            },
          },
        },
      },
    },
  },
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Audit'},
  examples: [{line: 'corral disk lvm list', meaning: 'The volume groups of this host and their devices.'}],
  seeAlso: ['corral disk lvm create', 'corral disk lvm destroy', 'corral disk list', 'vgs(8)'],
})
