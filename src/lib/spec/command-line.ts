// From the words behind a command to its parameters, as its spec says: options, positional arguments, lists, fixed parameters, and the
// standard options that every command has. Values stay words here, apart from flags; validate.ts checks them. Pure: no file is
// read, nothing is printed.
import {InvalidInputError} from '../base/index.ts'
import type {CommandSpec} from './command.ts'
import {checkFormat} from './formats.ts'
import {readOptionWords, type OptionKind, type OptionTable} from './option-words.ts'
import {didYouMean} from './nearest.ts'
import {expandedNames, findParam, typedParams} from './params.ts'
import {isListFormat, quoteValue, readBoolean} from './read-value.ts'
import type {Params, ValueSchema} from './schema.ts'
import {standardOptionsOf, type OutputFormat} from './standard.ts'
import {everyVariantParam, flattenSchema, foreignVariantReason, typeProperties} from './variants.ts'

/** The options that are no parameters of the command: how its answer is shown, and where and how it runs. */
export interface StandardOptions {
  readonly outputFormat: OutputFormat
  readonly quiet: boolean
  readonly noheader: boolean
  readonly noborder: boolean
  readonly humanReadable: boolean
  readonly dryRun: boolean
  readonly async: boolean
  /** The host on which to run, when it was named. */
  readonly on?: string
  /** The context of corral-contexts(5), when it was named. */
  readonly context?: string
  readonly help: boolean
}

export interface CommandLine {
  /** By parameter name; words, lists of words, and true or false for flags. */
  readonly params: Record<string, unknown>
  readonly standard: StandardOptions
}

/**
 * Reads the words behind a command. With `--help` anywhere, missing arguments do not matter.
 * @throws InvalidInputError that names the option or argument and what would be right.
 */
export function readCommandLine(spec: CommandSpec, words: readonly string[]): CommandLine {
  const companions = standardOptionsOf(spec)
  const {params, companions: given} = readParameters({type: 'object', properties: typedParams(spec.params), additionalProperties: false}, words, {
    args: spec.args,
    fixed: spec.fixed ?? {},
    companions,
    companionAliases: {h: 'help', '?': 'help'},
    lenient: companion => companion['help'] === true,
    commandId: spec.id,
  })
  return {params, standard: standardFrom(given)}
}

function standardFrom(given: Readonly<Record<string, unknown>>): StandardOptions {
  return {
    outputFormat: (given['output-format'] ?? 'text') as OutputFormat,
    quiet: given['quiet'] === true,
    noheader: given['noheader'] === true,
    noborder: given['noborder'] === true,
    humanReadable: given['human-readable'] !== false,
    dryRun: given['dry-run'] === true,
    async: given['async'] === true,
    ...(given['on'] === undefined ? {} : {on: given['on'] as string}),
    ...(given['context'] === undefined ? {} : {context: given['context'] as string}),
    help: given['help'] === true,
  }
}

export interface ReadOptions {
  /** Positional parameters in their order; `extra-args` takes all that is left. */
  readonly args: readonly string[]
  /** Parameters that are set beforehand and cannot be given. */
  readonly fixed?: Readonly<Record<string, unknown>>
  /** Options that are read along but are no parameters. */
  readonly companions?: Params
  /** Other names of companions, as they are typed everywhere (`-h`). */
  readonly companionAliases?: Readonly<Record<string, string>>
  /** Given the companions: arguments may be missing. */
  readonly lenient?: (companions: Readonly<Record<string, unknown>>) => boolean
  /** Finds the value of a type property that was not given (an existing object has a type). */
  readonly resolveType?: (property: string, params: Readonly<Record<string, unknown>>) => string | undefined
  /** For messages. */
  readonly commandId?: string
}

/**
 * Reads words by a schema that may have variants; the layer below readCommandLine.
 * @throws InvalidInputError
 */
export function readParameters(
  schema: ValueSchema, words: readonly string[], options: ReadOptions,
): {params: Record<string, unknown>; companions: Record<string, unknown>} {
  const known = knownParams(schema, options.fixed ?? {})
  const companionParams = options.companions ?? {}
  const companionName = (name: string) => (Object.hasOwn(options.companionAliases ?? {}, name) ? options.companionAliases?.[name] : undefined) ?? name
  const {options: given, rest} = readOptionWords(words, optionTable(known.params, companionParams, companionName, unknownOptionHelp(options)))
  const companions: Record<string, unknown> = {}
  const values = new Map<string, readonly string[]>()
  for (const [name, list] of given) {
    const companion = findParam(known.params, name) === undefined ? companionParams[companionName(name)] : undefined
    if (companion !== undefined) {
      companions[companionName(name)] = companionValue(name, companion, list.at(-1) ?? '')
      continue
    }
    values.set(name, list)
    // Before arguments are looked for: the word that a flag took was often meant to be one.
    if (findParam(known.params, name)?.schema.type === 'boolean') flagValue(name, list.at(-1) ?? '')
  }
  if (options.lenient?.(companions) !== true) takeArguments(rest, values, known, options)
  const params: Record<string, unknown> = {...options.fixed}
  const choice = typeChoice(schema, values, options)
  for (const [property, type] of choice) params[property] = type
  const flat = flattenSchema(schema, property => choice.get(property))
  const allTypesKnown = typeProperties(schema).length === 0 || options.lenient?.(companions) === true
  if (!allTypesKnown) checkChoice(schema, flat.params, choice)
  for (const [name, list] of values) {
    const param = findParam(flat.params, name)?.schema
    if (param === undefined && typeProperties(schema).length > 0) refuseForeign(schema, name, choice)
    params[name] = paramValue(name, param ?? findParam(known.params, name)?.schema ?? {}, list, known.isListSomewhere(name))
  }
  return {params, companions}
}

interface KnownParams {
  /** Every parameter of every variant that may be given. */
  readonly params: Params
  /** Whether any variant takes a list under this name. */
  readonly isListSomewhere: (name: string) => boolean
}

function knownParams(schema: ValueSchema, fixed: Readonly<Record<string, unknown>>): KnownParams {
  const isPlain = schema.oneOf === undefined && schema.allOf === undefined
  const every = isPlain ? undefined : everyVariantParam(schema)
  const lists = new Set<string>()
  const params: Record<string, ValueSchema> = {}
  for (const [name, schemas] of every ?? Object.entries(schema.properties ?? {}).map(([key, value]) => [key, [value]] as const)) {
    if (Object.hasOwn(fixed, name)) continue
    const list = schemas.find(value => kindOf(value) === 'list')
    params[name] = list ?? schemas[0] ?? {}
    if (list !== undefined && schemas.length > 1) lists.add(name)
  }
  return {params, isListSomewhere: name => lists.has(name)}
}

function kindOf(schema: ValueSchema): OptionKind {
  return schema.type === 'boolean' ? 'flag' : schema.type === 'array' || isListFormat(schema) ? 'list' : 'single'
}

function optionTable(params: Params, companions: Params, companionName: (name: string) => string, help: string | undefined): OptionTable {
  return {
    kindOf: name => {
      const found = findParam(params, name)
      if (found !== undefined) return kindOf(aliasTarget(params, found.schema))
      const companion = Object.hasOwn(companions, companionName(name)) ? companions[companionName(name)] : undefined
      return companion === undefined ? undefined : kindOf(companion)
    },
    names: () => [expandedNames(params), Object.keys(companions)],
    ...(help === undefined ? {} : {help}),
  }
}

function aliasTarget(params: Params, schema: ValueSchema): ValueSchema {
  return schema.alias === undefined ? schema : findParam(params, schema.alias)?.schema ?? schema
}

/** Gives the words that are no options to the positional parameters. */
function takeArguments(rest: readonly string[], values: Map<string, readonly string[]>, known: KnownParams, options: ReadOptions): void {
  const left = [...rest]
  for (const [index, name] of options.args.entries()) {
    const schema = findParam(known.params, name)?.schema
    const isLast = index === options.args.length - 1
    if (name === 'extra-args' || (isLast && left.length > 0 && schema !== undefined && kindOf(schema) === 'list')) {
      if (left.length > 0) values.set(name, left.splice(0))
      else if (schema !== undefined && !mayBeMissing(schema)) throw missingArguments([name], options)
      continue
    }
    const word = left.shift()
    if (word === undefined) {
      const missing = options.args.slice(index).filter(arg => {
        const other = findParam(known.params, arg)?.schema
        return !values.has(arg) && other !== undefined && !mayBeMissing(other)
      })
      if (missing.length > 0) throw missingArguments(missing, options)
      break
    }
    values.set(name, [word])
  }
  if (left.length > 0) {
    const many = `too many arguments: ${left.slice(0, 4).map(quoteValue).join(' ')}${left.length > 4 ? ' …' : ''}`
    const takes = options.args.length === 0 ? 'it takes none' : `it takes ${options.args.map(arg => `<${arg}>`).join(' ')}`
    throw new InvalidInputError(`${many}; ${takes}`, {}, nextSteps(options))
  }
}

function mayBeMissing(schema: ValueSchema): boolean {
  return schema.optional === true || schema.default !== undefined
}

function missingArguments(names: readonly string[], options: ReadOptions): InvalidInputError {
  const list = names.map(name => `<${name}>`).join(' ')
  const subject = options.commandId === undefined ? 'not enough arguments:' : `'${options.commandId}' needs`
  return new InvalidInputError(
    `${subject} ${list}${options.commandId === undefined ? ' is missing' : ''}`, Object.fromEntries(names.map(name => [name, 'is required'])), nextSteps(options))
}

function nextSteps(options: ReadOptions): {nextSteps: string[]} {
  return {nextSteps: options.commandId === undefined ? [] : [`see '${options.commandId} --help'`]}
}

/** Where words of another program may stand, an unknown option was often meant for that one. */
function unknownOptionHelp(options: ReadOptions): string | undefined {
  const [help] = nextSteps(options).nextSteps
  return options.args.includes('extra-args') && help !== undefined ? `words that are no options of '${options.commandId ?? ''}' stand behind '--'; ${help}` : help
}

/** The types that pick the variants: as given, as fixed, or found out by the caller. */
function typeChoice(schema: ValueSchema, values: ReadonlyMap<string, readonly string[]>, options: ReadOptions): Map<string, string | number> {
  const choice = new Map<string, string | number>()
  const plain = Object.fromEntries([...values].map(([name, list]) => [name, list.at(-1)]))
  for (const property of typeProperties(schema)) {
    const type = values.get(property)?.at(-1) ?? options.fixed?.[property] ?? options.resolveType?.(property, {...options.fixed, ...plain})
    if (typeof type === 'string' || typeof type === 'number') choice.set(property, type)
  }
  return choice
}

/** Refuses a type that is missing though it must be there, or that picks no variant. */
function checkChoice(schema: ValueSchema, params: Params, choice: ReadonlyMap<string, string | number>): void {
  for (const property of typeProperties(schema)) {
    const own = Object.hasOwn(params, property) ? params[property] : undefined
    const type = choice.get(property)
    if (own === undefined || (type === undefined && mayBeMissing(own))) continue
    if (type === undefined) throw new InvalidInputError(`option --${property} is required`, {[property]: 'is required'})
    if (own.enum !== undefined && !own.enum.map(String).includes(String(type))) {
      const reason = `must be one of ${own.enum.join(', ')}, not ${quoteValue(type)}`
      throw new InvalidInputError(`option --${property} ${reason}`, {[property]: reason})
    }
  }
}

function refuseForeign(schema: ValueSchema, name: string, choice: ReadonlyMap<string, string | number>): void {
  const reason = foreignVariantReason(schema, name, property => choice.get(property))
  if (reason !== undefined) throw new InvalidInputError(`option --${name} ${reason}`, {[name]: reason})
}

function paramValue(name: string, schema: ValueSchema, list: readonly string[], isListSomewhere: boolean): unknown {
  if (schema.type === 'boolean') return flagValue(name, list.at(-1) ?? '')
  if (schema.type === 'array') return [...list]
  if (isListFormat(schema)) return list.join(',')
  if (isListSomewhere && list.length > 1) throw new InvalidInputError(`option --${name} takes one value here`, {[name]: 'takes one value here'})
  return list.at(-1)
}

/** A flag without a value is on. */
function flagValue(name: string, word: string): boolean {
  const value = word === '' ? true : readBoolean(word)
  if (value === undefined) {
    throw new InvalidInputError(
      `option --${name} takes 1 or 0, not ${quoteValue(word)}; an argument cannot stand directly behind it`,
      {[name]: `must be 1 or 0 (or yes, no, on, off, true, false), not ${quoteValue(word)}`})
  }
  return value
}

/** Companions are few and simple: flags, words of a list, and texts. */
function companionValue(name: string, schema: ValueSchema, word: string): unknown {
  if (schema.type === 'boolean') return flagValue(name, word)
  if (schema.enum !== undefined && !schema.enum.includes(word)) {
    const reason = `must be one of ${schema.enum.join(', ')}, not ${quoteValue(word)}${didYouMean(word, schema.enum.map(String))}`
    throw new InvalidInputError(`option --${name} ${reason}`, {[name]: reason})
  }
  const right = typeof schema.format === 'string' ? checkFormat(schema.format, word) : undefined
  if (right !== undefined) throw new InvalidInputError(`option --${name} must be ${right}, not ${quoteValue(word)}`, {[name]: `must be ${right}, not ${quoteValue(word)}`})
  return word
}
