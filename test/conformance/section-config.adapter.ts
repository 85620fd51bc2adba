// Suite section-config: section configuration files, and the parameter schemas derived from their types.
import type {Params, ValueSchema} from '../../src/lib/spec/index.ts'
import {formatSectionConfig, parseSectionConfig, type SectionConfig, type SectionType} from '../../src/lib/spec/section-config.ts'
import {createSchema, updateSchema, type SectionFile} from '../../src/lib/spec/section-schema.ts'
import {Refusal, Unsupported, attempt, compareData, isRecord, type Adapter, type Data} from './adapter.ts'
import {isYes, readParams, readSchema, type PveSchema} from './pve-schema.ts'

interface Plugins {
  readonly common: {readonly propertyList: PveSchema; readonly propertyIsolation?: unknown}
  readonly types: Readonly<Record<string, {readonly options?: Readonly<Record<string, PveSchema>>; readonly properties?: PveSchema}>>
}

export const adapter: Adapter = {
  answer(input, env) {
    const file = readFile((env['plugins'] as Record<string, Plugins>)[String(input['plugins'])])
    const allowUnknown = isYes(input['allow-unknown'])
    const parse = (text: string) => parseSectionConfig(text, file.types, {allowUnknown})
    switch (input['do']) {
      case 'parse': return attempt(() => ({config: model(parse(String(input['text'])))}))
      case 'parse-write-parse': return attempt(() => ({config: model(parse(formatSectionConfig(parse(String(input['text'])), file.types)))}))
      case 'create-schema': return {schema: writeSchema(createSchema(file))}
      case 'update-schema': return {schema: writeSchema(updateSchema(file))}
      default: throw new Unsupported(`section-config has no operation '${String(input['do'])}'`)
    }
  },
  differences(answer, expect) {
    if (answer instanceof Refusal) return expect['error'] === true ? [] : [`was refused: ${answer.message}`]
    if (expect['error'] === true) return [`was not refused but answered ${JSON.stringify(answer)}`]
    const {config, schema} = answer as Data
    if (config !== undefined) return compareData(config, expect['config'])
    return compareData(schema, writeSchema(readSchema(expect['schema'] as PveSchema)))
  },
}

/** The types of the suite: options name properties that stand in the common list or in the type's own. */
function readFile(plugins: Plugins | undefined): SectionFile {
  if (plugins === undefined) throw new Unsupported('there are no such types')
  const {type = {}, ...common} = readParams(plugins.common.propertyList)
  const isolated = isYes(plugins.common.propertyIsolation)
  const types = Object.fromEntries(Object.entries(plugins.types).map(([name, definition]) => [name, readType(definition, common, isolated)]))
  // Without isolation a property that some type defines is common only where types name it.
  const own = new Set(isolated ? [] : Object.values(plugins.types).flatMap(definition => Object.keys(definition.properties ?? {})))
  return {types, common: Object.fromEntries(Object.entries(common).filter(([name]) => !own.has(name))), isolated, typeDescription: type.description ?? ''}
}

function readType(definition: Plugins['types'][string], common: Params, isolated: boolean): SectionType {
  const properties = readParams(definition.properties ?? {})
  const named = Object.entries(definition.options ?? {}).map(([name, option]): [string, ValueSchema] => {
    // The option alone says whether a section of this type must have the property.
    const schema = Object.fromEntries(Object.entries(properties[name] ?? common[name] ?? {}).filter(([word]) => word !== 'optional'))
    return [name, isYes(option['optional']) ? {...schema, optional: true} : schema]
  })
  const fixed = Object.entries(definition.options ?? {}).filter(([, option]) => isYes(option['fixed'])).map(([name]) => name)
  return {options: {...(isolated ? properties : {}), ...Object.fromEntries(named)}, fixed}
}

/** `ids` by section and `order` from 1, with the type among the values. */
function model(config: SectionConfig): Data {
  return {
    ids: Object.fromEntries(config.map(({id, type, values}) => [id, {...values, type}])),
    order: Object.fromEntries(config.map(({id}, index) => [id, index + 1])),
  }
}

/** A schema for comparison: without descriptions, which are our own words. */
function writeSchema(schema: ValueSchema): unknown {
  return withoutDescriptions(schema)
}

function withoutDescriptions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDescriptions)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([key, word]) => !(key === 'description' && typeof word === 'string')).map(([key, word]) => [key, withoutDescriptions(word)]))
}
