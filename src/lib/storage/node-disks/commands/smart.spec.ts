import {defineCommand} from '../../../spec/index.ts'
import {diskParam} from './params.ts'

export const spec = defineCommand({
  id: 'corral disk smart',
  summary: 'Show what a disk says of its own health.',
  description: 'Asks the disk by smartctl (smartmontools). ATA disks have a table of attributes; NVMe and SAS disks have a text instead.',
  api: {method: 'GET', path: '/nodes/{node}/disks/smart'},
  params: {
    disk: diskParam('The disk.'),
    healthonly: {type: 'boolean', optional: true, description: 'Ask only whether the disk is about to fail.'},
  },
  args: ['disk'],
  returns: {
    type: 'object', description: 'What the disk said.',
    properties: {
      health: {type: 'string', description: 'PASSED or OK; UNKNOWN when it does not say.'},
      type: {type: 'string', optional: true, description: 'ata: attributes; text: a text.'},
      attributes: {
        type: 'array', optional: true, description: 'The attributes of an ATA disk.',
        items: {
          type: 'object',
          properties: {
            id: {type: 'string', description: 'Its number.'}, name: {type: 'string', description: 'Its name.'}, flags: {type: 'string', description: 'Its kind, as smartctl writes it.'},
            value: {type: 'integer', description: 'The value, normalized by the maker: less is worse.'}, normalized: {type: 'integer', description: 'The same.'},
            worst: {type: 'integer', description: 'The worst value so far.'}, threshold: {type: 'integer', description: 'At or below this the disk counts as failing.'},
            fail: {type: 'string', description: 'Whether it failed: -, NOW or past.'}, raw: {type: 'string', description: 'The value as the disk has it.'},
          },
        },
      },
      text: {type: 'string', optional: true, description: 'The text of an NVMe or SAS disk.'},
      wearout: {type: 'number', optional: true, description: 'What is left of its life in percent, where the text says it.'},
    },
  },
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Audit'},
  examples: [
    {line: 'corral disk smart /dev/sda', meaning: 'Health and attributes.'},
    {line: 'corral disk smart /dev/sda --healthonly', meaning: 'Only whether it is well.'},
  ],
  seeAlso: ['corral disk list', 'smartctl(8)'],
})
