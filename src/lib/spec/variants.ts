// Schemas made of parts: allOf joins them, oneOf offers variants of which the value of a type property picks one, and instanceTypes (the
// older way) ties a single parameter to types. For a given choice of types all of them come down to one flat list of parameters,
// which is what the command line, the check and the usage text work with.
import type {Params, ValueSchema} from './schema.ts'
import {didYouMean} from './nearest.ts'

export interface FlatSchema {
  readonly params: Params
  /** Some part lets names through that no part knows. */
  readonly allowUnknown: boolean
  /** For each parameter that stands in a variant: the types that led there, outermost first. */
  readonly branches: Readonly<Record<string, readonly string[]>>
  /** The types that were picked on the way to the innermost variant, when the schema itself is a oneOf. */
  readonly innermost: readonly string[]
}

/** Deeper nesting than this is a mistake in a schema. */
const deepest = 16

/** Says the type that was given for a type property. */
export type TypeChoice = (property: string) => unknown

const flattened = new WeakMap<ValueSchema, Map<string, FlatSchema>>()

/** The flat list of parameters for a choice of types; the same object for the same choice, so that its validator is compiled once. */
export function flattenSchema(schema: ValueSchema, choice: TypeChoice): FlatSchema {
  const known = flattened.get(schema) ?? new Map<string, FlatSchema>()
  flattened.set(schema, known)
  const key = JSON.stringify(typeProperties(schema).map(property => typeName(choice(property)) ?? null))
  const flat = known.get(key) ?? flatten(schema, choice, [], 0)
  known.set(key, flat)
  return flat
}

const wrapped = new WeakMap<Params, ValueSchema>()

/** As flattenSchema for a list of parameters, some of which may be tied to types. */
export function flattenParams(params: Params, input: Readonly<Record<string, unknown>>): Params {
  const schema = wrapped.get(params) ?? {type: 'object', properties: params}
  wrapped.set(params, schema)
  return typeProperties(schema).length === 0 ? params : flattenSchema(schema, property => input[property]).params
}

function flatten(schema: ValueSchema, choice: TypeChoice, branch: readonly string[], depth: number): FlatSchema {
  if (depth > deepest) throw new Error('a schema is nested too deeply')
  const params: Record<string, ValueSchema> = {}
  const branches: Record<string, readonly string[]> = {}
  let allowUnknown = schema.properties !== undefined && schema.additionalProperties !== false
  let innermost = branch
  const add = (name: string, value: ValueSchema, place: readonly string[]) => {
    params[name] = value
    if (place.length > 0) branches[name] = place
  }
  const join = (part: FlatSchema) => {
    for (const [name, value] of Object.entries(part.params)) add(name, value, part.branches[name] ?? [])
    allowUnknown ||= part.allowUnknown
  }
  for (const [name, value] of Object.entries(schema.properties ?? {})) {
    if (isActive(value, choice)) add(name, value, branch)
  }
  for (const part of schema.allOf ?? []) join(flatten(part, choice, branch, depth + 1))
  if (schema.oneOf !== undefined) {
    const property = schema.typeProperty ?? 'type'
    add(property, {...schema.typePropertySchema, ...(schema.optional === true ? {optional: true} : {})}, branch)
    const type = typeName(choice(property))
    const variant = type === undefined ? undefined : schema.oneOf.find(part => part.instanceTypes?.includes(type))
    if (variant !== undefined && type !== undefined) {
      const part = flatten(variant, choice, [...branch, type], depth + 1)
      join(part)
      innermost = part.innermost
    }
  }
  return {params, allowUnknown, branches, innermost}
}

function isActive(schema: ValueSchema, choice: TypeChoice): boolean {
  if (schema.instanceTypes === undefined || schema.typeProperty === undefined) return true
  const type = typeName(choice(schema.typeProperty))
  return type !== undefined && schema.instanceTypes.includes(type)
}

function typeName(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

const typePropertyNames = new WeakMap<ValueSchema, readonly string[]>()

/** The properties whose values pick variants, anywhere in the schema. */
export function typeProperties(schema: ValueSchema, depth = 0): readonly string[] {
  const known = typePropertyNames.get(schema)
  if (known !== undefined) return known
  if (depth > deepest) throw new Error('a schema is nested too deeply')
  const names = new Set<string>(schema.oneOf === undefined ? [] : [schema.typeProperty ?? 'type'])
  for (const part of [...schema.allOf ?? [], ...schema.oneOf ?? []]) for (const name of typeProperties(part, depth + 1)) names.add(name)
  for (const value of Object.values(schema.properties ?? {})) {
    if (value.instanceTypes !== undefined && value.typeProperty !== undefined) names.add(value.typeProperty)
  }
  const result = [...names]
  typePropertyNames.set(schema, result)
  return result
}

/** Every parameter of every variant, with all the schemas that it has in them. */
export function everyVariantParam(schema: ValueSchema): Map<string, ValueSchema[]> {
  const found = new Map<string, ValueSchema[]>()
  const visit = (part: ValueSchema, depth: number) => {
    if (depth > deepest) throw new Error('a schema is nested too deeply')
    for (const [name, value] of Object.entries(part.properties ?? {})) found.set(name, [...found.get(name) ?? [], value])
    if (part.oneOf !== undefined) {
      const property = part.typeProperty ?? 'type'
      found.set(property, [...found.get(property) ?? [], part.typePropertySchema ?? {}])
    }
    for (const inner of [...part.allOf ?? [], ...part.oneOf ?? []]) visit(inner, depth + 1)
  }
  visit(schema, 0)
  return found
}

/** A type property and the types that lead to a parameter. */
type Step = readonly [property: string, types: readonly string[]]

/** Why a name that some variant knows is not taken here; undefined when no variant knows it. */
export function foreignVariantReason(schema: ValueSchema, name: string, choice: TypeChoice): string | undefined {
  const wanted = new Map<string, Set<string>>()
  const visit = (part: ValueSchema, way: readonly Step[], depth: number) => {
    if (depth > deepest) throw new Error('a schema is nested too deeply')
    const own = Object.hasOwn(part.properties ?? {}, name) ? part.properties?.[name] : undefined
    if (own !== undefined) {
      const tied: readonly Step[] = own.instanceTypes === undefined || own.typeProperty === undefined ? [] : [[own.typeProperty, own.instanceTypes]]
      // The outermost choice that leads elsewhere is the one to tell.
      const wrong = [...way, ...tied].find(([property, types]) => !types.includes(typeName(choice(property)) ?? ''))
      if (wrong !== undefined) wanted.set(wrong[0], new Set([...wanted.get(wrong[0]) ?? [], ...wrong[1]]))
    }
    for (const inner of part.allOf ?? []) visit(inner, way, depth + 1)
    for (const inner of part.oneOf ?? []) visit(inner, [...way, [part.typeProperty ?? 'type', inner.instanceTypes ?? []]], depth + 1)
  }
  visit(schema, [], 0)
  const [first] = wanted
  if (first === undefined) return undefined
  const [property, types] = first
  const chosen = typeName(choice(property))
  const list = [...types].join(', ')
  return chosen === undefined ? `is only for ${property} ${list}, and no ${property} is given` : `is only for ${property} ${list}, not for '${chosen}'${didYouMean(chosen, [...types])}`
}

/** The choices of types that lead to different parameters: no type at all, and each type that a parameter is tied to. */
export function everyTypeChoice(params: Params): Readonly<Record<string, string>>[] {
  const tied = Object.values(params).flatMap(({typeProperty, instanceTypes}) =>
    typeProperty === undefined ? [] : (instanceTypes ?? []).map(type => [typeProperty, type] as const))
  const choices = new Map(tied.map(([property, type]) => [`${property}=${type}`, {[property]: type}]))
  return [{}, ...choices.values()]
}
