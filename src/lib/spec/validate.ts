// Checking parameters against their schemas: words become values, names are resolved, ajv decides, and what is wrong is said field by
// field. Every way in (command line, configuration files, later REST) goes through here.
import {InvalidInputError} from '../base/index.ts'
import {findParam, unknownNameReason} from './params.ts'
import {parsePropertyString} from './property-string.ts'
import {readAs} from './read-value.ts'
import {reasonsByField} from './reasons.ts'
import type {Params, PropertyFormat, ValueSchema} from './schema.ts'
import {paramsValidator} from './validator.ts'
import {flattenParams, flattenSchema, foreignVariantReason, type FlatSchema} from './variants.ts'

export interface CheckOptions {
  /** What a parameter is called in messages. Default `option`. */
  readonly what?: string
  /** Names that the schema does not have are let through. */
  readonly allowUnknown?: boolean
}

/**
 * Checks the parameters of a command and turns words into values: '1', 'yes', 'on' into true, digits into numbers, one value of a list
 * into a list. Aliases move to the name that they stand for; property strings are checked and stay as they were written; defaults are
 * not filled in. Absent and null are the same.
 * @throws InvalidInputError whose `fields` hold a reason for every field that is wrong (`net0.mtu` for a sub-property).
 */
export function checkParams(params: Params, input: Readonly<Record<string, unknown>>, options: CheckOptions = {}): Record<string, unknown> {
  const {values, fields} = inspectParams(params, input, options)
  if (Object.keys(fields).length > 0) throw invalidFields(fields)
  return values
}

/** As checkParams, but gives the reasons back instead of throwing. */
export function inspectParams(
  params: Params, input: Readonly<Record<string, unknown>>, options: CheckOptions = {},
): {values: Record<string, unknown>; fields: Record<string, string>} {
  return inspect(flattenParams(params, input), input, {...options, foreign: name => foreignVariantReason({properties: params}, name, property => input[property])})
}

export interface ObjectInspection {
  readonly values: Record<string, unknown>
  /** Reasons by field; none when the object is right. */
  readonly fields: Record<string, string>
  /** The parameters by which it was checked. */
  readonly flat: FlatSchema
}

/** Checks an object by a schema of parts (allOf, oneOf): the types that it names pick the variants. */
export function inspectObject(schema: ValueSchema, input: Readonly<Record<string, unknown>>, options: CheckOptions = {}): ObjectInspection {
  const choice = (property: string) => input[property]
  const flat = flattenSchema(schema, choice)
  const foreign = (name: string) => foreignVariantReason(schema, name, choice)
  return {...inspect(flat.params, input, {...options, allowUnknown: flat.allowUnknown, foreign}), flat}
}

interface InspectOptions extends CheckOptions {
  /** Why a name is not taken here though another variant has it. */
  readonly foreign: (name: string) => string | undefined
}

function inspect(
  params: Params, input: Readonly<Record<string, unknown>>, options: InspectOptions,
): {values: Record<string, unknown>; fields: Record<string, string>} {
  const {given, clashes} = resolveNames(params, input)
  for (const [name, value] of Object.entries(given)) given[name] = readAs(findParam(params, name)?.schema, value)
  const errors = paramsValidator(params, options.allowUnknown === true)(given)
  const fields = new Map(Object.entries(clashes))
  const reasons = reasonsByField(errors, {
    unknownName: name => options.foreign(name) ?? unknownNameReason(params, name, options.what ?? 'option'),
    values: given,
    schemaOf: name => findParam(params, name)?.schema,
  })
  for (const [field, reason] of Object.entries(reasons)) fields.set(field, reason)
  for (const [name, value] of Object.entries(given)) {
    const schema = findParam(params, name)?.schema
    if (schema === undefined || fields.has(name)) continue
    for (const [field, reason] of propertyStringReasons(schema, value, name)) fields.set(field, reason)
  }
  return {values: {...given}, fields: Object.fromEntries(fields)}
}

/**
 * Checks one value by its schema and gives it back, read as its type.
 * @throws InvalidInputError that names the value by `name`.
 */
export function checkValue(schema: ValueSchema, value: unknown, name: string): unknown {
  return checkParams(single(schema, name), {[name]: value})[name]
}

/** The error for wrong fields: each with its reason. */
export function invalidFields(fields: Readonly<Record<string, string>>): InvalidInputError {
  const sentences = Object.entries(fields).map(([field, reason]) => field === '' ? reason : `${field}: ${reason}`)
  return new InvalidInputError(sentences.join('\n'), fields)
}

const singles = new WeakMap<ValueSchema, Map<string, Params>>()

/** The schema of one value as parameters of its own; the same object each time, so that its validator is compiled once. */
function single(schema: ValueSchema, name: string): Params {
  const known = singles.get(schema) ?? new Map<string, Params>()
  singles.set(schema, known)
  const params = known.get(name) ?? {[name]: schema}
  known.set(name, params)
  return params
}

/** Drops what is absent and moves aliases to their targets. */
function resolveNames(params: Params, input: Readonly<Record<string, unknown>>): {given: Record<string, unknown>; clashes: Record<string, string>} {
  // Without a prototype: a parameter called __proto__ is a name like any other, and unknown.
  const given = Object.create(null) as Record<string, unknown>
  const clashes: Record<string, string> = {}
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined || value === null) continue
    const target = findParam(params, name)?.schema.alias
    if (target === undefined) {
      given[name] = value
    } else if (input[target] !== undefined && input[target] !== null) {
      clashes[name] = `cannot be given together with '${target}', which it is another name for`
    } else {
      given[target] = value
    }
  }
  return {given, clashes}
}

/** The reasons of the sub-properties of a property string, or of each in a list of them. */
function propertyStringReasons(schema: ValueSchema, value: unknown, name: string): [field: string, reason: string][] {
  if (Array.isArray(value)) {
    return schema.items === undefined ? [] : value.flatMap((item, index) => propertyStringReasons(schema.items ?? {}, item, `${name}[${index}]`))
  }
  if (typeof value !== 'string' || typeof schema.format !== 'object') return []
  return subReasons(value, schema.format, name)
}

function subReasons(text: string, format: PropertyFormat, name: string): [field: string, reason: string][] {
  try {
    parsePropertyString(text, format)
    return []
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    const fields = Object.entries(error.fields)
    return fields.length === 0 ? [[name, error.message]] : fields.map(([field, reason]) => [`${name}.${field}`, reason])
  }
}
