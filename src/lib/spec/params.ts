// Looking up parameters by the names that people write: families of numbered keys (`net[n]` for net0, net1, …) and aliases.
import type {Params, ValueSchema} from './schema.ts'
import {didYouMean} from './nearest.ts'

export interface FoundParam {
  /** The key in the schema: `net[n]` for net3. */
  readonly key: string
  readonly schema: ValueSchema
}

/** The schema of a parameter name, with families; undefined for an unknown name or a number outside the family's index. */
export function findParam(params: Params, name: string): FoundParam | undefined {
  const own = ownSchema(params, name)
  if (own !== undefined && !name.endsWith('[n]')) return {key: name, schema: own}
  const match = /^(.*?[^0-9])(0|[1-9][0-9]{0,3})$/.exec(name)
  if (match === null) return undefined
  const key = `${match[1] ?? ''}[n]`
  const schema = ownSchema(params, key)
  if (schema === undefined) return undefined
  const number = Number(match[2])
  const {min, max} = schema.index ?? {min: 0, max: 9999}
  return number >= min && number <= max ? {key, schema} : undefined
}

function ownSchema(params: Params, name: string): ValueSchema | undefined {
  return Object.hasOwn(params, name) ? params[name] : undefined
}

/** The name that an alias stands for, else the name itself. An alias of a family (`unused` for `disk`) keeps the number. */
export function resolveAlias(params: Params, name: string): string {
  const target = findParam(params, name)?.schema.alias
  return target ?? name
}

/** The parameters that can be typed: those without the ones that the command line reads elsewhere. */
export function typedParams(params: Params): Params {
  return inputNames(params).length === 0 ? params : Object.fromEntries(Object.entries(params).filter(([, {fromInput}]) => fromInput === undefined))
}

/** The names of the parameters that are no words of the command line. */
export function inputNames(params: Params): string[] {
  return Object.keys(params).filter((name) => params[name]?.fromInput !== undefined)
}

/** All names that may be written, families expanded: `net[n]` gives net0, net1, …. */
export function expandedNames(params: Params): string[] {
  return Object.entries(params).flatMap(([name, schema]) => {
    if (!name.endsWith('[n]')) return [name]
    const {min, max} = schema.index ?? {min: 0, max: 9}
    return Array.from({length: Math.min(max - min + 1, 300)}, (_, offset) => `${name.slice(0, -3)}${min + offset}`)
  })
}

/** Why a name is unknown: the index of a family that ends earlier, or the name that was probably meant. */
export function unknownNameReason(params: Params, name: string, what: string): string {
  const match = /^(.*?[^0-9])([0-9]+)$/.exec(name)
  const family = match === null ? undefined : ownSchema(params, `${match[1] ?? ''}[n]`)
  if (family !== undefined) {
    const {min, max} = family.index ?? {min: 0, max: 9999}
    return `there is no such ${what}; the number behind ${match?.[1] ?? ''} goes from ${min} to ${max}`
  }
  return `there is no such ${what}${didYouMean(name, expandedNames(params))}`
}
