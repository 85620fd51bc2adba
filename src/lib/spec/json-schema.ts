// The schema dialect of schema.ts, translated to JSON Schema for ajv. This is the one place that knows how our words become
// JSON Schema's. Aliases are resolved and property strings taken apart before ajv sees a value (validate.ts, property-string.ts);
// unions of variants (oneOf) are resolved to one flat list of parameters before (variants.ts).
import type {Params, ValueSchema} from './schema.ts'

export interface JsonSchema { [keyword: string]: unknown }

/** What a text of one line may hold: anything but control characters (C0, DEL, C1) and the line separators of Unicode. */
export const singleLinePattern = '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$'
/** The same with line breaks and tabs. */
export const multiLinePattern = '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$'

/** The object that holds parameters: `net[n]` becomes a pattern of the names net0, net1, … that its index allows. */
export function paramsToJsonSchema(params: Params, additional: boolean): JsonSchema {
  const properties: Record<string, JsonSchema> = {}
  const patternProperties: Record<string, JsonSchema> = {}
  const required: string[] = []
  const dependencies: Record<string, string[]> = {}
  for (const [name, schema] of Object.entries(params)) {
    if (schema.alias !== undefined) continue
    if (name.endsWith('[n]')) {
      patternProperties[familyPattern(name, schema)] = valueToJsonSchema(schema)
      continue
    }
    properties[name] = valueToJsonSchema(schema)
    if (isRequired(schema)) required.push(name)
    if (schema.requires !== undefined) dependencies[name] = [schema.requires]
  }
  return {
    type: 'object', properties, patternProperties, required, additionalProperties: additional,
    ...(Object.keys(dependencies).length > 0 ? {dependencies} : {}),
  }
}

/** Whether a parameter must be given: it is neither optional nor has it a default, and it is no alias. */
export function isRequired(schema: ValueSchema): boolean {
  return schema.optional !== true && schema.default === undefined && schema.alias === undefined
}

function valueToJsonSchema(schema: ValueSchema): JsonSchema {
  const json: JsonSchema = {}
  if (schema.type !== 'any') json['type'] = schema.type ?? 'string'
  if (schema.enum !== undefined) json['enum'] = schema.enum
  // Beyond these bounds a number may have lost digits on its way (JSON), so it is not the one that was meant.
  const isInteger = schema.type === 'integer'
  const minimum = schema.minimum ?? (isInteger ? Number.MIN_SAFE_INTEGER : undefined)
  const maximum = schema.maximum ?? (isInteger ? Number.MAX_SAFE_INTEGER : undefined)
  if (minimum !== undefined) json['minimum'] = minimum
  if (maximum !== undefined) json['maximum'] = maximum
  if (json['type'] === 'string') addTextRules(json, schema)
  if (schema.type === 'array') {
    json['items'] = schema.items === undefined ? {type: 'string', pattern: singleLinePattern} : valueToJsonSchema(schema.items)
    if (schema.minLength !== undefined) json['minItems'] = schema.minLength
    if (schema.maxLength !== undefined) json['maxItems'] = schema.maxLength
  }
  if (schema.type === 'object') {
    const open = schema.additionalProperties !== false
    Object.assign(json, schema.properties === undefined ? {} : paramsToJsonSchema(schema.properties, open))
    if (typeof schema.additionalProperties === 'object') json['additionalProperties'] = valueToJsonSchema(schema.additionalProperties)
  }
  return json
}

function addTextRules(json: JsonSchema, schema: ValueSchema): void {
  if (schema.minLength !== undefined) json['minLength'] = schema.minLength
  if (schema.maxLength !== undefined) json['maxLength'] = schema.maxLength
  if (schema.pattern !== undefined) json['pattern'] = wholeValue(schema.pattern)
  if (typeof schema.format === 'string') json['format'] = schema.format
  // The limits above still matter for a property string; its inner rules are checked when it is taken apart.
  if (schema.enum === undefined) json['allOf'] = [{pattern: schema.multiLine === true ? multiLinePattern : singleLinePattern}]
}

/** Patterns of schemas are matched against the whole value, as in Proxmox VE. */
function wholeValue(pattern: string): string {
  return `^(?:${pattern})$`
}

/** The pattern of the names of a family: exactly the numbers of its index, so that `net007` and `net99` are unknown names. */
export function familyPattern(name: string, schema: ValueSchema): string {
  const {min, max} = schema.index ?? {min: 0, max: 9999}
  const base = name.slice(0, -'[n]'.length).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  if (max - min > 300) return `^${base}(?:0|[1-9][0-9]{0,3})$`
  return `^${base}(?:${Array.from({length: max - min + 1}, (_, offset) => min + offset).join('|')})$`
}
