import {defineCommand} from '../../spec/index.ts'
import {shells} from '../script-places.ts'

export const spec = defineCommand({
  id: 'corral autocomplete install',
  summary: 'Put the completion scripts where the shells look for them.',
  description: `Makes links, so that a later Corral needs nothing new. What lies there already and is no link is left alone and named. A shell that
runs sees it when it is started anew. To take it back, remove the links.`,
  params: {
    shell: {type: 'string', enum: shells, optional: true, description: 'The shell; all of them where none is named.'},
    system: {type: 'boolean', optional: true, description: 'For all users of this machine, in /usr/local/share and /etc/fish.'},
  },
  args: ['shell'],
  returns: {type: 'array', items: {type: 'string', description: 'A line.'}, description: 'What else is needed.'},
  output: {as: 'lines'},
  kind: 'change',
  runsOn: 'client',
  needs: 'anyone',
  examples: [
    {line: 'corral autocomplete install', meaning: 'For you, in bash, zsh and fish.'},
    {line: 'corral autocomplete install zsh --system', meaning: 'For all users of zsh, as root.'},
    {line: 'corral autocomplete install --dry-run', meaning: 'Show which links would be made.'},
  ],
  seeAlso: ['corral autocomplete'],
})
