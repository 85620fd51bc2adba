import {defineCommand, std} from '../../../spec/index.ts'
import {diskParam} from './params.ts'

export const spec = defineCommand({
  id: 'corral disk initgpt',
  summary: 'Give a blank disk an empty partition table.',
  description: 'The table is a GPT, made by sgdisk. A disk with anything on it is refused, and what is on it is named.',
  api: {method: 'POST', path: '/nodes/{node}/disks/initgpt'},
  params: {
    disk: diskParam('The disk.'),
    uuid: {
      type: 'string', optional: true, maxLength: 36, pattern: '[a-fA-F0-9]{8}-(?:[a-fA-F0-9]{4}-){3}[a-fA-F0-9]{12}', placeholder: 'uuid', defaultText: 'a random one',
      description: 'The UUID of the table.',
    },
  },
  args: ['disk'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'diskinit', id: 'disk'},
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Modify'},
  examples: [
    {line: 'corral disk initgpt /dev/sdb', meaning: 'An empty table.'},
    {line: 'corral disk initgpt /dev/sdb --dry-run', meaning: 'Show the command.'},
  ],
  seeAlso: ['corral disk wipe', 'corral disk list'],
})
