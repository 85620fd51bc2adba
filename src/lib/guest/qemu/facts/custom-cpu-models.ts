// CPU models of the administrator: sections `cpu-model: NAME` of virtual-guest/cpu-models.conf.
import type {Params} from '../../../spec/index.ts'
import {parseSectionConfig} from '../../../spec/section-config.ts'
import type {CustomCpuModel} from '../arguments/index.ts'

export const cpuModelsPath = 'virtual-guest/cpu-models.conf'

const modelParams = {
  'reported-model': {type: 'string', optional: true},
  flags: {type: 'string', pattern: '[+\\-][a-zA-Z0-9_.\\-]+(?:;[+\\-][a-zA-Z0-9_.\\-]+)*', optional: true},
  hidden: {type: 'boolean', optional: true},
  'hv-vendor-id': {type: 'string', pattern: '[a-zA-Z0-9]{1,12}', optional: true},
  'phys-bits': {type: 'string', pattern: 'host|[0-9]{1,2}', optional: true},
  'guest-phys-bits': {type: 'integer', minimum: 32, maximum: 64, optional: true},
} as const satisfies Params

/** @throws InvalidInputError naming the line that is wrong */
export function parseCustomCpuModels(text: string): Record<string, CustomCpuModel> {
  const sections = parseSectionConfig(text, {'cpu-model': {options: modelParams}})
  return Object.fromEntries(sections.map(({id, values}) => [id, values as CustomCpuModel]))
}
