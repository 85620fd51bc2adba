// Parameters that the commands for CPU models share.
import type {ValueSchema} from '../../../spec/index.ts'
import type {CustomCpuModel} from '../arguments/index.ts'

export const cputype = {
  type: 'string', maxLength: 1024, placeholder: 'name',
  description: 'The name of the model, with or without `custom-` before it: at most 40 letters, digits, - and _.',
} as const satisfies ValueSchema

export const cpuModelsFile = 'virtual-guest/cpu-models.conf in the configuration store: the models, a section each.'

/** The settings among the options that were given. */
export function givenSettings(options: Readonly<Record<string, unknown>>): CustomCpuModel {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
