import {defineCommand} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral context use',
  summary: 'Choose the context in which commands run.',
  description: 'Writes the current context into contexts.yaml. `--context` and `CORRAL_CONTEXT` choose another one for a command or a shell.',
  params: {name: {type: 'string', format: 'pve-node', placeholder: 'context', completion: 'context', description: 'The context; `local` is this machine.'}},
  args: ['name'],
  returns: {type: 'null', description: 'Nothing.'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'client',
  needs: 'anyone',
  files: ['~/.config/corral/contexts.yaml: the contexts; $XDG_CONFIG_HOME counts.'],
  examples: [{line: 'corral context use lab', meaning: 'Work on the hosts of the context lab.'}, {line: 'corral context use local', meaning: 'Work on this machine again.'}],
  seeAlso: ['corral context list', 'corral-contexts(5)'],
})
