import {defineCommand} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct cpusets',
  summary: 'Show on which processors the running containers are.',
  description: `A container with the key \`cores\` gets that many processors when it is started: those that carry the fewest containers. Others run on all of them.`,
  params: {},
  args: [],
  returns: {
    type: 'array', description: 'One entry a running container, by VMID.',
    items: {type: 'object', properties: {
      vmid: {type: 'integer', description: 'Its number.'},
      cpus: {type: 'array', items: {type: 'integer'}, description: 'The numbers of its processors.'},
    }},
  },
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/vms', privilege: 'VM.Audit'},
  examples: [{line: 'pct cpusets', meaning: 'A line a container, with a column for each processor.'}],
  seeAlso: ['pct set', 'pct list'],
})
