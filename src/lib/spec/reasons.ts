// From ajv's errors to reasons in plain words: the field that is wrong, what is wrong with it, and what would be right.
import type {ErrorObject} from 'ajv'
import {checkFormat, formatHint} from './formats.ts'
import {multiLinePattern, singleLinePattern} from './json-schema.ts'
import {didYouMean} from './nearest.ts'
import {quoteValue} from './read-value.ts'
import type {ValueSchema} from './schema.ts'

export interface ReasonOptions {
  /** The object that was checked. */
  readonly values: Readonly<Record<string, unknown>>
  readonly schemaOf: (name: string) => ValueSchema | undefined
  /** Says why a name is not known. */
  readonly unknownName: (name: string) => string
}

/** A reason for each field that is wrong; the first one found where there are several. */
export function reasonsByField(errors: readonly ErrorObject[], options: ReasonOptions): Record<string, string> {
  const reasons = new Map<string, string>()
  for (const error of errors) {
    const {field, reason} = explain(error, options)
    if (!reasons.has(field)) reasons.set(field, reason)
  }
  return Object.fromEntries(reasons)
}

function explain(error: ErrorObject, options: ReasonOptions): {field: string; reason: string} {
  const place = fieldName(error.instancePath)
  const inside = (name: string) => place === '' ? name : `${place}.${name}`
  const params = error.params as Record<string, unknown>
  switch (error.keyword) {
    case 'required':
      return {field: inside(String(params['missingProperty'])), reason: 'is required'}
    case 'dependencies':
      return {field: inside(String(params['missingProperty'])), reason: `is required when '${String(params['property'])}' is given`}
    case 'additionalProperties': {
      const name = String(params['additionalProperty'])
      return {field: inside(name), reason: options.unknownName(name)}
    }
    default: {
      const {value, schema, isSecret} = lookUp(error.instancePath, options)
      return {field: place, reason: `${whatIsRight(error, schema, value)}${isSecret ? '' : whatWasGiven(error, value)}`}
    }
  }
}

/** The value that an error is about, and its schema; that of a secret is not to be shown, nor anything in it. */
function lookUp(instancePath: string, {values, schemaOf}: ReasonOptions): {value: unknown; schema: ValueSchema; isSecret: boolean} {
  const [name = '', ...inner] = pathParts(instancePath)
  let schema = schemaOf(name) ?? {}
  let value: unknown = values[name]
  const isSecret = schema.secret === true
  for (const part of inner) {
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[part] : undefined
    schema = schema.items ?? schema.properties?.[part] ?? {}
  }
  return {value, schema, isSecret}
}

function pathParts(instancePath: string): string[] {
  return instancePath.split('/').slice(1).map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** `/net0` is net0, `/list/2` is list[2]. */
function fieldName(instancePath: string): string {
  return pathParts(instancePath).reduce((name, part) => name === '' ? part : /^\d+$/.test(part) ? `${name}[${part}]` : `${name}.${part}`, '')
}

const typeWords: Readonly<Record<string, string>> = {
  integer: 'must be a whole number in decimal digits',
  number: 'must be a decimal number, without exponent',
  boolean: 'must be 1 or 0 (or yes, no, on, off, true, false)',
  string: 'must be a text',
  array: 'must be a list',
  object: 'must be an object',
  null: 'must be empty',
}

function whatIsRight(error: ErrorObject, schema: ValueSchema, value: unknown): string {
  const params = error.params as Record<string, unknown>
  switch (error.keyword) {
    case 'type': return typeWords[String(params['type'])] ?? `must be of type ${String(params['type'])}`
    case 'minimum':
    case 'maximum': return range(schema, String(params['limit']))
    case 'minLength': return `must have at least ${String(params['limit'])} characters`
    case 'maxLength': return `must have at most ${String(params['limit'])} characters`
    case 'minItems': return `must have at least ${String(params['limit'])} items`
    case 'maxItems': return `must have at most ${String(params['limit'])} items`
    case 'enum': {
      const words = (params['allowedValues'] as readonly unknown[]).map(String)
      return `must be ${words.length === 1 ? words[0] ?? '' : `one of ${words.join(', ')}`}`
    }
    case 'format': return `must be ${checkFormat(String(params['format']), String(value)) ?? 'of another form'}`
    case 'pattern': return patternReason(String(params['pattern']))
    default: return error.message ?? 'is wrong'
  }
}

function patternReason(pattern: string): string {
  if (pattern === singleLinePattern) return 'must not contain line breaks or other control characters'
  if (pattern === multiLinePattern) return 'must not contain control characters other than line breaks and tabs'
  return `must match ${pattern.replace(/^\^\(\?:(.*)\)\$$/s, '$1')}`
}

function range({minimum, maximum}: ValueSchema, limit: string): string {
  if (minimum === undefined && maximum === undefined) return `must lie within ±${limit.replace('-', '')}`
  if (minimum === undefined) return `must be at most ${maximum}`
  if (maximum === undefined) return `must be at least ${minimum}`
  return `must be between ${minimum} and ${maximum}`
}

function whatWasGiven({keyword, params}: ErrorObject<string, Record<string, unknown>>, value: unknown): string {
  if (keyword === 'minLength' || keyword === 'maxLength') return `, not ${[...String(value)].length}`
  if (keyword === 'minItems' || keyword === 'maxItems') return `, not ${(value as unknown[]).length}`
  if (typeof value === 'object' && value !== null) return ''
  const hint = keyword === 'enum' ? didYouMean(String(value), (params['allowedValues'] as readonly unknown[]).map(String))
    : keyword === 'format' ? formatHint(String(params['format']), String(value)) : ''
  return `, not ${quoteValue(value)}${hint}`
}
