import {defineCommand} from '../../../spec/index.ts'
import {cpuModelParams} from '../facts/custom-cpu-models.ts'
import {cpuModelsFile, cputype} from './cpu-model-params.ts'

export const spec = defineCommand({
  id: 'corral cpu-model create',
  summary: 'Make a CPU model for guests.',
  description: 'It stands on a model of QEMU and switches features of it on and off. A guest gets it with `qm set VMID --cpu custom-NAME`.',
  api: {method: 'POST', path: '/cluster/qemu/custom-cpu-models'},
  params: {
    cputype,
    ...cpuModelParams,
    'reported-model': {...cpuModelParams['reported-model'], optional: false},
  },
  args: ['cputype'],
  returns: {type: 'null', description: 'Nothing.'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'caller',
  needs: {path: '/mapping/cpu', privilege: 'Mapping.Modify'},
  files: [cpuModelsFile],
  examples: [
    {line: 'corral cpu-model create fast --reported-model Skylake-Server --flags +pcid;-hle', meaning: 'A model with one feature more and one less.'},
    {line: 'corral cpu-model create quiet --reported-model host --hidden 1', meaning: 'The CPU of the host, for a guest that should not see KVM.'},
  ],
  seeAlso: ['corral cpu-model list', 'corral cpu-model set', 'qm.conf(5)'],
})
