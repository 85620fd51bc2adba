import {defineCommand} from '../../spec/index.ts'
import {hostCheckSchema} from './host-check-schema.ts'
import {hostCommandParams} from './params.ts'

export const spec = defineCommand({
  id: 'corral host check',
  summary: 'Show what hosts can do and what is wrong with them.',
  description: `Connects to the host, or to all hosts of the context, and shows its system, the versions of QEMU and LXC, whether guests run with the
processor's help (KVM), control groups, programs for storages, free space, and the packages and settings that are missing.

Of several hosts up to eight are asked at once. One that cannot be reached is listed with the reason, in JSON as \`error\` and \`kind\`, after at most
20 seconds for its connection and 30 for its answer; the exit status is 7 then, or where all of these refused instead, that of the first refusal
(4 for a host key or a login, 3 for an agent that is not there). What is wrong on a host that was reached is in its answer, in JSON as
\`missingPackages\`, \`settings\` and \`problems\`; the exit status tells nothing of it.`,
  params: {name: {...hostCommandParams.name, optional: true, description: 'Only this host; one that cannot be reached is an error then.'}, context: hostCommandParams.context},
  args: ['name'],
  returns: {type: 'array', description: 'One entry a host.', items: hostCheckSchema},
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'client',
  needs: 'anyone',
  examples: [
    {line: 'corral host check', meaning: 'All hosts of the current context.'},
    {line: 'corral host check h1 --output-format json', meaning: 'One host, for a program.'},
  ],
  seeAlso: ['corral host add', 'corral host update'],
})
