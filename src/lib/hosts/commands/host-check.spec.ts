import {defineCommand} from '../../spec/index.ts'
import {hostCheckSchema} from './host-check-schema.ts'
import {hostCommandParams} from './params.ts'

export const spec = defineCommand({
  id: 'corral host check',
  summary: 'Show what hosts can do and what is wrong with them.',
  description: `Connects to the host, or to all hosts of the context, and shows its system, the versions of QEMU and LXC, whether guests run with the
processor's help (KVM), control groups, programs for storages, free space, and packages that are missing. A host that cannot be reached is
listed with the reason.`,
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
