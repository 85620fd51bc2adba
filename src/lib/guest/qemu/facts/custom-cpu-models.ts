// CPU models of the administrator: sections `cpu-model: NAME` of virtual-guest/cpu-models.conf. A guest names one as custom-NAME.
import {ConflictError, InvalidInputError, NotFoundError} from '../../../base/index.ts'
import {checkFormat} from '../../../spec/formats.ts'
import type {Params} from '../../../spec/index.ts'
import {formatSectionConfig, parseSectionConfig} from '../../../spec/section-config.ts'
import type {Section, SectionTypes} from '../../../spec/section-config.ts'
import type {CustomCpuModel} from '../arguments/index.ts'
import {cpuFormat, reportedModels} from '../config/index.ts'

export const cpuModelsPath = 'virtual-guest/cpu-models.conf'

const longestName = 40
const sectionType = 'cpu-model'

export const cpuModelParams = {
  'reported-model': {type: 'string', enum: reportedModels, default: 'kvm64', optional: true, description: 'The model of QEMU that it stands on, and that guests see.'},
  flags: {
    type: 'string', pattern: '[+\\-][a-zA-Z0-9_.\\-]{1,40}(?:;[+\\-][a-zA-Z0-9_.\\-]{1,40}){0,255}', optional: true, placeholder: '+FLAG[;-FLAG...]',
    description: 'Features to switch on (+) or off (-), separated by semicolons: any that QEMU knows (`qemu-system-x86_64 -cpu help`).',
  },
  hidden: cpuFormat.hidden,
  'hv-vendor-id': cpuFormat['hv-vendor-id'],
  'phys-bits': cpuFormat['phys-bits'],
  'guest-phys-bits': cpuFormat['guest-phys-bits'],
} as const satisfies Params

/** Also what the build compiles checks for. */
export const cpuModelSections: SectionTypes = {[sectionType]: {options: cpuModelParams}}

/** @throws InvalidInputError naming the line that is wrong */
export function parseCustomCpuModels(text: string): Record<string, CustomCpuModel> {
  return Object.fromEntries(parseCpuModelSections(text).map(({id, values}) => [id, values as CustomCpuModel]))
}

function parseCpuModelSections(text: string): readonly Section[] {
  return parseSectionConfig(text, cpuModelSections)
}

/**
 * The name of a model as it stands in the file; `custom-` before it, as guests write it, is taken off.
 * @throws InvalidInputError
 */
export function cpuModelName(text: string): string {
  if (text.length > longestName) throw wrongName(`must have at most ${longestName} characters, not ${text.length}`)
  const name = text.replace(/^custom-/, '')
  if (name === '') throw wrongName(`is invalid: nothing stands behind 'custom-'`)
  const right = checkFormat('pve-configid', name)
  if (right !== undefined) throw wrongName(`has the wrong format: it must be ${right}, not '${name}'`)
  return name
}

function wrongName(reason: string): InvalidInputError {
  return new InvalidInputError(`the name of a CPU model ${reason}`, {cputype: reason})
}

/** The file with a model more. Pure. @throws ConflictError when there is one of that name */
export function withNewModel(text: string, name: string, values: CustomCpuModel): string {
  const sections = parseCpuModelSections(text)
  if (sections.some(({id}) => id === name)) {
    throw new ConflictError(`there is a CPU model '${name}' already`, {data: {cputype: name}, nextSteps: [`Change it: corral cpu-model set ${name} --flags +aes`]})
  }
  return formatSectionConfig([...sections, {type: sectionType, id: name, values: {...values}}], cpuModelSections)
}

/** The file with a model changed. Pure. @throws NotFoundError */
export function withChangedModel(text: string, name: string, change: {readonly values: CustomCpuModel; readonly delete: readonly string[]}): string {
  const sections = parseCpuModelSections(text)
  const old = requireModel(sections, name)
  for (const key of change.delete) {
    if (!Object.hasOwn(cpuModelParams, key)) throw new InvalidInputError(`CPU models have no setting '${key}'`, {delete: `there is no setting '${key}'`})
    if (Object.hasOwn(change.values, key)) throw new InvalidInputError(`'${key}' cannot be set and deleted at once`, {delete: `'${key}' is set too`})
  }
  const kept = Object.entries({...old.values, ...change.values}).filter(([key]) => !change.delete.includes(key))
  return formatSectionConfig(sections.map(section => (section.id === name ? {...section, values: Object.fromEntries(kept)} : section)), cpuModelSections)
}

/** The file without a model. Pure. @throws NotFoundError */
export function withoutModel(text: string, name: string): string {
  const sections = parseCpuModelSections(text)
  requireModel(sections, name)
  return formatSectionConfig(sections.filter(({id}) => id !== name), cpuModelSections)
}

function requireModel(sections: readonly Section[], name: string): Section {
  const found = sections.find(({id}) => id === name)
  if (found !== undefined) return found
  throw new NotFoundError(`there is no CPU model '${name}'`, {data: {cputype: name}, nextSteps: ['See what there is: corral cpu-model list']})
}
