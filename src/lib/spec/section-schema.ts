// From the types of a section configuration file to the parameters of the commands that make and change a section. In a file whose types
// share their properties the parameters are one flat list; where each type has properties of its own (isolated) they are variants
// picked by the type.
import type {SectionType, SectionTypes} from './section-config.ts'
import {isRequired} from './json-schema.ts'
import type {Params, ValueSchema} from './schema.ts'

export interface SectionFile {
  readonly types: SectionTypes
  /** Properties that stand outside of types: the id, and those that every section must have. Without `type`. */
  readonly common: Params
  /** The same property may mean different things in two types. */
  readonly isolated: boolean
  readonly typeDescription: string
}

/** The parameters for making a section. */
export function createSchema(file: SectionFile): ValueSchema {
  const type = typeSchema(file)
  if (!file.isolated) return closed({...sharedOptions(file, () => true), ...file.common, type})
  const variants = variantsOf(file, type, ({options}) => options)
  const rest = outsideTypes(file)
  return Object.keys(rest).length === 0 ? variants : {allOf: [closedPart(rest), variants]}
}

/** The parameters for changing a section: without what is fixed, all but the common ones optional, with `delete` and `digest`. */
export function updateSchema(file: SectionFile): ValueSchema {
  const changes: Params = {
    delete: {type: 'string', format: 'pve-configid-list', optional: true, maxLength: 4096, description: 'The settings to remove, as a list of their names.'},
    digest: {type: 'string', optional: true, maxLength: 64, description: 'Refuse the change when the file is no longer the one with this digest.'},
  }
  if (!file.isolated) {
    const options = sharedOptions(file, (section, name) => section.fixed?.includes(name) !== true)
    return closed({...options, ...file.common, ...changes})
  }
  const variants = variantsOf(file, typeSchema(file), ({options, fixed}) =>
    Object.fromEntries(Object.entries(options)
      .filter(([name]) => fixed?.includes(name) !== true)
      .map(([name, schema]) => [name, {...schema, optional: true}])))
  return {allOf: [closedPart({...outsideTypes(file), ...changes}), variants]}
}

function typeSchema(file: SectionFile): ValueSchema {
  return {type: 'string', enum: Object.keys(file.types).sort(), description: file.typeDescription}
}

function closed(properties: Params): ValueSchema {
  return {type: 'object', ...closedPart(properties)}
}

/** A part of a schema of parts: what it describes is an object by its place. */
function closedPart(properties: Params): ValueSchema {
  return {additionalProperties: false, properties}
}

function variantsOf(file: SectionFile, type: ValueSchema, optionsOf: (section: SectionType) => Params): ValueSchema {
  return {
    oneOf: Object.entries(file.types).sort(([a], [b]) => a < b ? -1 : 1)
      .map(([name, section]) => ({...closedPart(optionsOf(section)), instanceTypes: [name]})),
    typeProperty: 'type',
    typePropertySchema: type,
  }
}

/** Common properties that no type lists among its options. */
function outsideTypes(file: SectionFile): Params {
  return Object.fromEntries(Object.entries(file.common).filter(([name]) => !Object.values(file.types).some(({options}) => Object.hasOwn(options, name))))
}

/** The options of all types together; one is required only when every type requires it. */
function sharedOptions(file: SectionFile, wanted: (section: SectionType, name: string) => boolean): Params {
  const sections = Object.values(file.types)
  const merged: Record<string, ValueSchema> = {}
  for (const section of sections) {
    for (const [name, schema] of Object.entries(section.options)) {
      if (!wanted(section, name)) continue
      const isMust = sections.every(({options}) => options[name] !== undefined && isRequired(options[name]))
      merged[name] ??= isMust ? schema : {...schema, optional: true}
    }
  }
  return merged
}
