// Our commands in the shape of Proxmox VE's published surface, so that the two can be compared by name.
import type {CommandSpec} from '../command.ts'
import {typedParams} from '../params.ts'
import type {Params, ValueSchema} from '../schema.ts'
import {formatOptions, standardOptionsOf} from '../standard.ts'
import {commandWords, type ToolDescription} from './tool.ts'

export interface SurfaceCommand {
  readonly aliasOf: string | null
  readonly args: readonly ({readonly name: string} & SurfaceFacts)[]
  readonly options: Readonly<Record<string, SurfaceFacts>>
}

export interface SurfaceFacts {
  readonly type?: string
  readonly enum?: readonly (string | number)[]
  readonly min?: number
  readonly max?: number
  readonly default?: string | number | boolean
  readonly formatOption?: true
}

export type Surface = Readonly<Record<string, Readonly<Record<string, SurfaceCommand>>>>

/** By tool and command words. Aliases are entries of their own; every tool has `help`. */
export function surfaceOf(tools: readonly ToolDescription[]): Surface {
  return Object.fromEntries(tools.map(({name, commands}) => [name, Object.fromEntries(commands.flatMap((spec) => [
    [commandWords(spec), commandSurface(spec)] as const,
    ...(spec.aliases ?? []).map((alias) => [alias.replace(`${name} `, ''), {aliasOf: commandWords(spec), args: [], options: {}}] as const),
  ]).toSorted(([a], [b]) => (a < b ? -1 : 1)))]))
}

function commandSurface(spec: CommandSpec): SurfaceCommand {
  const standard = standardOptionsOf(spec)
  return {
    aliasOf: null,
    args: spec.args.map((name) => ({name, ...facts(spec.params[name] ?? {})})),
    options: {...optionFacts(typedParams(spec.params), spec.args), ...Object.fromEntries(Object.entries(standard).map(([name, schema]) => [
      name, Object.hasOwn(formatOptions, name) ? {...facts(schema), formatOption: true as const} : facts(schema),
    ]))},
  }
}

function optionFacts(params: Params, args: readonly string[]): Record<string, SurfaceFacts> {
  return Object.fromEntries(Object.entries(params).filter(([name]) => !args.includes(name) || isWrittenBothWays(name, params)).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, schema]) => [name, facts(schema)]))
}

/** `--extra-args` of help counts as an option upstream, and words behind `help` do the same. */
function isWrittenBothWays(name: string, params: Params): boolean {
  return name === 'extra-args' && params[name]?.optional === true
}

function facts(schema: ValueSchema): SurfaceFacts {
  return {
    type: schema.type ?? 'string',
    ...(schema.enum === undefined ? {} : {enum: schema.enum}),
    ...(schema.minimum === undefined ? {} : {min: schema.minimum}),
    ...(schema.maximum === undefined ? {} : {max: schema.maximum}),
    ...(schema.default === undefined ? {} : {default: schema.default}),
  }
}
