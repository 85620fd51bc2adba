import {defineCommand} from '../../spec/index.ts'
import {hostParams} from '../context-schema.ts'
import {hostCommandParams} from './params.ts'

export const spec = defineCommand({
  id: 'corral host update',
  summary: 'Bring the agent of hosts up to date.',
  description: `Installs the agent of this version of Corral on the host, or on all hosts of the context, where another one or a damaged one is. Guests and running tasks are
not touched. With \`--setup\` missing Debian packages and settings are put right as well, as \`corral host add\` says.`,
  params: {
    name: {...hostCommandParams.name, optional: true, description: 'Only this host.'},
    context: hostCommandParams.context,
    setup: {type: 'boolean', optional: true, description: 'Install the Debian packages that the host lacks, with apt-get(8), and make its missing settings with usermod(8).'},
    agent: {...hostParams.agent, description: 'Where the agent is on the host, when it is another place than contexts.yaml says.'},
  },
  args: ['name'],
  returns: {type: 'array', items: {type: 'string'}, description: 'The hosts that were looked at.'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'client',
  needs: 'anyone',
  examples: [{line: 'corral host update', meaning: 'All hosts of the current context.'}, {line: 'corral host update h1 --dry-run', meaning: 'Show what would be done to one.'}],
  seeAlso: ['corral host check', 'corral host add'],
})
