import {defineCommand} from '../../spec/index.ts'
import {shells} from '../script-places.ts'

export const spec = defineCommand({
  id: 'corral autocomplete',
  summary: 'Say how to switch on the completion of words in a shell.',
  description: `TAB completes commands, options, their values and sub-properties, and the names of what exists: guests, storages, volumes, snapshots,
hosts, tasks. It starts no process: names come from small files that every change of a guest or a storage keeps up to date, in
\`/var/lib/corral/completion\`, and for hosts over SSH in \`~/.cache/corral/completion\`.

Where Corral was not installed from a package, \`corral autocomplete install\` links the scripts to where the shells look.`,
  params: {shell: {type: 'string', enum: shells, optional: true, description: 'The shell; all of them where none is named.'}},
  args: ['shell'],
  returns: {
    type: 'array', description: 'The shells.',
    items: {
      type: 'object',
      properties: {
        shell: {type: 'string', description: 'The shell.'}, script: {type: 'string', description: 'The script for it.'},
        path: {type: 'string', description: 'Where a user\'s shell looks for it.'}, note: {type: 'string', optional: true, description: 'What else is needed.'},
      },
    },
  },
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'client',
  needs: 'anyone',
  examples: [{line: 'corral autocomplete', meaning: 'Show what to do for each shell.'}, {line: 'corral autocomplete zsh', meaning: 'The same for zsh.'}],
  seeAlso: ['corral autocomplete install'],
})
