import {defineCommand} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral schedule remove',
  summary: 'Have the schedule looked at no more.',
  description: 'Removes what `corral schedule install` made, be it for systemd or for cron, and switches off the timer that the Debian package brings. Jobs stay, and do not begin by themselves.',
  params: {},
  args: [],
  returns: {type: 'object', description: 'What was removed.', properties: {files: {type: 'array', items: {type: 'string'}, description: 'The files.'}}},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'node',
  needs: 'root',
  examples: [{line: 'corral schedule remove', meaning: 'Jobs do not begin by themselves any more.'}],
  seeAlso: ['corral schedule install'],
})
