import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct fstrim',
  summary: 'Give blocks back to the storage that a container does not use any more.',
  description: `The container may run or not. Only file systems on volumes with blocks are trimmed: a folder or a dataset gives back by itself. One whose storage does not take
blocks back is told of, and the others are trimmed all the same.`,
  params: {
    vmid: std.vmid,
    'ignore-mountpoints': {type: 'boolean', optional: true, description: 'Only the root file system.'},
  },
  args: ['vmid'],
  returns: {type: 'array', items: {type: 'string'}, description: 'How much each file system gave back.'},
  output: {as: 'lines'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: 'root',
  examples: [{line: 'pct fstrim 200', meaning: 'The root file system and all mount points.'}],
  seeAlso: ['pct df'],
})
