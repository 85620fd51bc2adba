import {defineCommand} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pveam remove',
  summary: 'Remove a container template from its storage.',
  description: 'Containers that were made from it do not need it.',
  params: {template_path: {type: 'string', maxLength: 255, completion: 'volume', placeholder: 'volume', description: 'The template, as `pveam list` names it: `local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst`.'}},
  args: ['template_path'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'node',
  needs: {path: '/storage', privilege: 'Datastore.AllocateTemplate'},
  examples: [{line: 'pveam remove local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst', meaning: 'Remove it.'}],
  seeAlso: ['pveam list', 'pveam download'],
})
