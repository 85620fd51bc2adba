// What `--output-format json` promises, as JSON Schema: the `returns` of a spec in the form in which results are printed (booleans are 1 and
// 0, nothing is `null`). Pure.
import type {CommandSpec} from '../command.ts'
import type {JsonSchema} from '../json-schema.ts'
import type {Params, ValueSchema} from '../schema.ts'
import type {GeneratedFile} from './generated-file.ts'

/**
 * @param isClosed objects have no properties but those that are named; what is published leaves room for more, so that one can be added
 */
export function resultSchema(schema: ValueSchema, isClosed = false): JsonSchema {
  const json = plainSchema(schema, isClosed)
  return schema.optional === true && json['type'] !== undefined ? {...json, type: [json['type'], 'null']} : json
}

/** The results of all commands, in one file for programs and for reviewers: a change of it is a change of a promise. */
export function resultSchemaFile(specs: readonly CommandSpec[]): GeneratedFile {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'What the commands of Corral print with --output-format json, json-pretty and yaml',
    description: 'Each definition is named after its command. Properties may be added to objects; none of those named here goes away or changes its type.',
    $defs: Object.fromEntries(specs.map(({id, returns}) => [id, resultSchema(returns)])),
  }
  return {path: 'docs/results.schema.json', content: `${JSON.stringify(schema, undefined, 2)}\n`}
}

function plainSchema(schema: ValueSchema, isClosed: boolean): JsonSchema {
  const description = schema.description === undefined ? {} : {description: schema.description}
  switch (schema.type) {
    case 'any': return description
    case 'boolean': return {type: 'integer', enum: [0, 1], ...description}
    case 'integer':
    case 'number': return {
      type: schema.type, ...(schema.minimum === undefined ? {} : {minimum: schema.minimum}), ...(schema.maximum === undefined ? {} : {maximum: schema.maximum}), ...description,
    }
    case 'array': return {type: 'array', items: plainSchema(schema.items ?? {type: 'any'}, isClosed), ...description}
    case 'object': return objectSchema(schema, isClosed, description)
    case 'null': return {type: 'null', ...description}
    default: return {
      type: 'string', ...(schema.enum === undefined ? {} : {enum: schema.enum}), ...(schema.pattern === undefined ? {} : {pattern: `^(?:${schema.pattern})$`}), ...description,
    }
  }
}

function objectSchema({properties = {}, additionalProperties}: ValueSchema, isClosed: boolean, description: JsonSchema): JsonSchema {
  const named = Object.entries(properties)
  const more = typeof additionalProperties === 'object' ? plainSchema(additionalProperties, isClosed) : additionalProperties
  return {
    type: 'object',
    properties: Object.fromEntries(named.map(([name, schema]) => [name, plainSchema(schema, isClosed)])),
    required: requiredOf(properties),
    ...(more !== undefined ? {additionalProperties: more} : isClosed ? {additionalProperties: false} : {}),
    ...description,
  }
}

function requiredOf(properties: Params): string[] {
  return Object.entries(properties).filter(([, {optional}]) => optional !== true).map(([name]) => name)
}
