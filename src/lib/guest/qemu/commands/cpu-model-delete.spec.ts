import {defineCommand} from '../../../spec/index.ts'
import {cpuModelsFile, cputype} from './cpu-model-params.ts'

export const spec = defineCommand({
  id: 'corral cpu-model delete',
  summary: 'Remove a CPU model.',
  description: 'Guests that name it are not started any more until they have another; they are named in a warning.',
  api: {method: 'DELETE', path: '/cluster/qemu/custom-cpu-models/{cputype}'},
  params: {cputype},
  args: ['cputype'],
  returns: {type: 'null', description: 'Nothing.'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'caller',
  needs: {path: '/mapping/cpu', privilege: 'Mapping.Modify'},
  files: [cpuModelsFile],
  examples: [
    {line: 'corral cpu-model delete fast', meaning: 'Remove it.'},
  ],
  seeAlso: ['corral cpu-model list', 'corral cpu-model create'],
})
