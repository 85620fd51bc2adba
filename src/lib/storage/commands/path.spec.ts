import {defineCommand, std} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'pvesm path',
  summary: 'Show where a volume lies on the host.',
  description: 'The path follows from the name alone; the volume need not exist.',
  params: {volume: {...std.volume, maxLength: 1200}},
  args: ['volume'],
  returns: {type: 'string', description: 'The path of the file or device.'},
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'node',
  needs: 'root',
  examples: [{line: 'pvesm path local:iso/debian.iso', meaning: 'The path of the ISO image.'}],
  seeAlso: ['pvesm list'],
})
