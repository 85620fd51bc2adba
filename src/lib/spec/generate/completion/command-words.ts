// What completion knows of the commands, out of their specs; the shells' tables are made of it.
import type {CommandSpec} from '../../command.ts'
import {typedParams} from '../../params.ts'
import type {Params, ValueSchema} from '../../schema.ts'
import {standardOptionsOf} from '../../standard.ts'
import type {ToolDescription} from '../tool.ts'
import {ValueTypes, type ValueType} from './value-types.ts'

export interface CommandWords {
  readonly id: string
  readonly summary: string
  readonly options: readonly OptionWords[]
  /** The type of each position; the last ends with + when all that follow are like it. */
  readonly args: readonly ValueType[]
}

export interface OptionWords {
  /** Of a family `net[n]` without the number. */
  readonly name: string
  /** The last number of a family. */
  readonly last?: number
  readonly summary: string
  readonly type: ValueType
}

export interface CompletionWords {
  readonly tools: readonly string[]
  readonly commands: readonly CommandWords[]
  /** What may follow the words of a group: `qm` has start, stop, disk, …. */
  readonly next: ReadonlyMap<string, readonly string[]>
  readonly types: ValueTypes
}

export function completionWords(tools: readonly ToolDescription[]): CompletionWords {
  const types = new ValueTypes()
  const commands = tools.flatMap((tool) => tool.commands).flatMap((spec) => [spec.id, ...spec.aliases ?? []].map((id) => wordsOf(spec, id, types)))
  const names = tools.map(({name}) => name)
  return {tools: names, commands, next: nextWords(names, commands), types}
}

function wordsOf(spec: CommandSpec, id: string, types: ValueTypes): CommandWords {
  const isFixed = (name: string) => Object.hasOwn(spec.fixed ?? {}, name)
  const params: Params = {...typedParams(spec.params), ...standardOptionsOf(spec)}
  const options = Object.entries(params).filter(([name]) => !spec.args.includes(name) && !isFixed(name)).map(([name, schema]) => ({
    ...(name.endsWith('[n]') ? {name: name.slice(0, -3), last: schema.index?.max ?? 9} : {name}),
    summary: oneSentence(schema), type: optionType(schema, types),
  }))
  return {
    id, summary: spec.summary, options: options.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    args: spec.args.map((name, index) => types.of(spec.params[name] ?? {}, makesWhat(spec, name)) + (index === spec.args.length - 1 && isRepeated(spec.params[name]) ? '+' : '')),
  }
}

/** Another way to write an option is `=NAME`. */
function optionType(schema: ValueSchema, types: ValueTypes): ValueType {
  return schema.alias === undefined ? types.of(schema) : `=${schema.alias}`
}

function isRepeated(schema: ValueSchema | undefined): boolean {
  return typeof schema?.format === 'string' && /-a?list$/.test(schema.format)
}

/** What is posted to a collection, rather than to something in it, makes what its arguments name, unless they are a list. */
function makesWhat({api, params}: CommandSpec, name: string): boolean {
  if (params[name]?.completion === 'new') return true
  return api?.method === 'POST' && !api.path.replace('{node}', '').includes('{') && params[name]?.enum === undefined && !isRepeated(params[name])
}

/** Descriptions are Markdown, and lists have room for a sentence. */
function oneSentence({description = ''}: ValueSchema): string {
  const end = description.search(/[.!?](?:\s|$)/)
  return (end === -1 ? description : description.slice(0, end + 1)).replace(/[`*\n]/g, (character) => (character === '\n' ? ' ' : ''))
}

function nextWords(tools: readonly string[], commands: readonly CommandWords[]): ReadonlyMap<string, readonly string[]> {
  const next = new Map<string, Set<string>>([['corral', new Set(tools.filter((tool) => tool !== 'corral'))]])
  for (const {id} of commands) {
    const words = id.split(' ')
    for (let count = 1; count < words.length; count++) {
      const group = words.slice(0, count).join(' ')
      next.set(group, (next.get(group) ?? new Set()).add(words[count] ?? ''))
    }
  }
  return new Map([...next].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([group, words]) => [group, [...words].toSorted()]))
}
