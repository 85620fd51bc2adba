// Schemas as the suites write them (Proxmox VE's words: default_key, type-property …) to the product's own dialect. Names only.
import type {Params, ValueSchema} from '../../src/lib/spec/index.ts'

export interface PveSchema { readonly [word: string]: unknown }

const sameWords = ['type', 'description', 'default', 'enum', 'minimum', 'maximum', 'minLength', 'maxLength', 'pattern', 'alias', 'keyAlias', 'requires'] as const

/** A schema in the product's dialect. */
export function readSchema(schema: PveSchema): ValueSchema {
  const result: Record<string, unknown> = {}
  for (const word of sameWords) if (schema[word] !== undefined) result[word] = schema[word]
  if (isYes(schema['optional'])) result['optional'] = true
  if (isYes(schema['default_key'])) result['defaultKey'] = true
  if (schema['format_description'] !== undefined) result['placeholder'] = schema['format_description']
  if (schema['format'] !== undefined) result['format'] = typeof schema['format'] === 'object' ? readParams(schema['format'] as PveSchema) : schema['format']
  if (schema['items'] !== undefined) result['items'] = readSchema(schema['items'] as PveSchema)
  if (schema['properties'] !== undefined) result['properties'] = readParams(schema['properties'] as PveSchema)
  if (schema['additionalProperties'] !== undefined) {
    const extra = schema['additionalProperties']
    result['additionalProperties'] = typeof extra === 'object' && extra !== null ? readSchema(extra as PveSchema) : isYes(extra)
  }
  for (const word of ['allOf', 'oneOf'] as const) {
    if (schema[word] !== undefined) result[word] = (schema[word] as PveSchema[]).map(readSchema)
  }
  if (schema['type-property'] !== undefined) result['typeProperty'] = schema['type-property']
  if (schema['type-property-schema'] !== undefined) result['typePropertySchema'] = readSchema(schema['type-property-schema'] as PveSchema)
  if (schema['instance-type'] !== undefined) result['instanceTypes'] = [schema['instance-type']]
  if (schema['instance-types'] !== undefined) result['instanceTypes'] = schema['instance-types']
  return result
}

export function readParams(params: PveSchema): Params {
  return Object.fromEntries(Object.entries(params).map(([name, schema]) => [name, readSchema(schema as PveSchema)]))
}

export function isYes(value: unknown): boolean {
  return value === 1 || value === true || value === '1'
}
