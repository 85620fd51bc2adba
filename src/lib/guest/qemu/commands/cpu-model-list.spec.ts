import {defineCommand} from '../../../spec/index.ts'
import {cpuModelsFile} from './cpu-model-params.ts'

export const spec = defineCommand({
  id: 'corral cpu-model list',
  summary: 'List the CPU models that were made here.',
  description: 'A guest gets one with `cpu: custom-NAME`.',
  api: {method: 'GET', path: '/cluster/qemu/custom-cpu-models'},
  params: {},
  args: [],
  returns: {
    type: 'array', description: 'The models, sorted by name.',
    items: {
      type: 'object',
      properties: {
        cputype: {type: 'string', description: 'The name, as guests write it: custom-NAME.'},
        'reported-model': {type: 'string', optional: true, description: 'The model of QEMU that it stands on.'},
        flags: {type: 'string', optional: true, description: 'Features that are switched on or off.'},
        'guest-phys-bits': {type: 'integer', optional: true, description: 'Physical address bits that the guest may use.'},
        hidden: {type: 'boolean', optional: true, description: 'Whether guests are kept from seeing KVM.'},
        'hv-vendor-id': {type: 'string', optional: true, description: 'The Hyper-V vendor that Windows sees.'},
        'phys-bits': {type: 'string', optional: true, description: 'Physical address bits that guests see.'},
      },
    },
  },
  output: {as: 'table', columns: [{key: 'cputype', header: 'CPUTYPE'}, {key: 'reported-model', header: 'REPORTED-MODEL'}, {key: 'flags', header: 'FLAGS'}]},
  kind: 'read',
  runsOn: 'caller',
  needs: {path: '/mapping/cpu', privilege: 'Mapping.Audit'},
  files: [cpuModelsFile],
  examples: [
    {line: 'corral cpu-model list', meaning: 'The models and what they are made of.'},
  ],
  seeAlso: ['corral cpu-model create', 'qm set', 'qm.conf(5)'],
})
