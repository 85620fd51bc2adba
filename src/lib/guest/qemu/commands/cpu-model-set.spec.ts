import {defineCommand, std} from '../../../spec/index.ts'
import {cpuModelParams} from '../facts/custom-cpu-models.ts'
import {cpuModelsFile, cputype} from './cpu-model-params.ts'

export const spec = defineCommand({
  id: 'corral cpu-model set',
  summary: 'Change a CPU model.',
  description: 'Guests that run keep what they were started with.',
  api: {method: 'PUT', path: '/cluster/qemu/custom-cpu-models/{cputype}'},
  params: {
    cputype,
    ...cpuModelParams,
    delete: {type: 'string', format: 'pve-configid-list', maxLength: 4096, optional: true, placeholder: 'setting[,...]', description: 'Settings that go back to their default.'},
    digest: std.digest,
  },
  args: ['cputype'],
  returns: {type: 'null', description: 'Nothing.'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'caller',
  needs: {path: '/mapping/cpu', privilege: 'Mapping.Modify'},
  files: [cpuModelsFile],
  examples: [
    {line: 'corral cpu-model set fast --flags +pcid --delete hidden', meaning: 'Other features, and a setting less.'},
  ],
  seeAlso: ['corral cpu-model list', 'corral cpu-model delete'],
})
