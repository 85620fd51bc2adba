// The man page of a command (section 1) as Markdown.
import type {CommandSpec} from '../command.ts'
import type {Params, ValueSchema} from '../schema.ts'
import {standardOptionsOf} from '../standard.ts'
import {isNeeded, limitWords, optionEntries, optionValue, propertySynopsis, valueWord} from './describe-value.ts'
import {bold, definitionList, italic, literal, nameLine, page, type Definition} from './markdown.ts'
import {pageName, toolName} from './tool.ts'

/** What every command shares on its page. */
export interface SharedWords {
  readonly exitCodes: readonly {readonly code: number; readonly meaning: string}[]
  readonly environment: readonly {readonly name: string; readonly meaning: string}[]
}

/** @param links pages that the SEE ALSO of every page of the tool names */
export function commandPage(spec: CommandSpec, shared: SharedWords, links: readonly string[], section = 1): string {
  return page(`${pageName(spec.id)}(${section}) -- ${nameLine(spec.summary)}`, [
    {title: 'SYNOPSIS', body: synopsis(spec)},
    {title: 'DESCRIPTION', body: [spec.summary, spec.description ?? '', aliasSentence(spec), runSentence(spec)].filter((text) => text !== '').join('\n\n')},
    {title: 'ARGUMENTS', body: definitionList(spec.args.map((name) => parameter(`*${literal(name)}*`, spec.params[name] ?? {})))},
    {title: 'OPTIONS', body: definitionList(optionEntries(spec.params, spec.args).map(([name, schema]) => option(name, schema)))},
    {title: 'COMMON OPTIONS', body: definitionList(optionEntries(standardOptionsOf(spec), []).map(([name, schema]) => option(name, schema)))},
    {title: 'EXIT STATUS', body: exitStatus([...shared.exitCodes, ...(spec.exitStatus ?? [])])},
    {title: 'ENVIRONMENT', body: environment([...shared.environment, ...(spec.environment ?? [])])},
    {title: 'FILES', body: (spec.files ?? []).map((file) => italic(file)).join('\n\n')},
    {title: 'EXAMPLES', body: spec.examples.map(({line, meaning}) => `${meaning}\n\n    ${line}`).join('\n\n')},
    {title: 'SEE ALSO', body: seeAlso([`${toolName(spec)}(${section})`, ...(spec.seeAlso ?? []), ...links], `${pageName(spec.id)}(${section})`)},
  ])
}

function synopsis(spec: CommandSpec): string {
  const args = spec.args.map((name) => {
    const word = name === 'extra-args' ? `${italic(name)} ...` : italic(name)
    return isNeeded(spec.params[name] ?? {}) ? word : `\\[${word}\\]`
  })
  const needed = optionEntries(spec.params, spec.args).filter(([, schema]) => isNeeded(schema)).map(([name, schema]) => `${bold(`--${name}`)} ${valueMarkup(schema)}`)
  return [bold(spec.id), ...args, ...needed, `\\[${italic('OPTIONS')}\\]`].join(' ')
}

function aliasSentence({aliases}: CommandSpec): string {
  return aliases === undefined || aliases.length === 0 ? '' : `The command can also be written ${aliases.map((alias) => bold(alias)).join(' or ')}.`
}

function runSentence(spec: CommandSpec): string {
  if (spec.kind !== 'task') return ''
  return 'The work is done by a task, which goes on when the connection breaks. The command shows the log of the task on stderr, waits for its end and ends as it ends; `--async` returns at once. Ctrl-C asks the task to stop.'
}

/** One option with its limits, its description and its settings. */
export function option(name: string, schema: ValueSchema): Definition {
  const range = schema.index === undefined ? '' : ` (n from ${schema.index.min} to ${schema.index.max})`
  return parameter(`${bold(`--${name}`)} ${italic(optionValue(schema))}${range}`, schema)
}

/** A definition of a parameter under any term. @param dashes how options are written here; none in a configuration file */
export function parameter(term: string, schema: ValueSchema, dashes = '--'): Definition {
  if (schema.alias !== undefined) return {term, paragraphs: [`Another name for ${bold(`${dashes}${schema.alias}`)}.`]}
  const settings = typeof schema.format === 'object' ? schema.format : undefined
  return {
    term,
    paragraphs: [...(settings === undefined ? [] : [italic(propertySynopsis(settings))]), described(schema)],
    ...(settings === undefined ? {} : {inner: settingDefinitions(settings)}),
  }
}

/** The description with the limits behind it. */
function described(schema: ValueSchema): string {
  const limits = limitWords(schema)
  return [schema.description ?? '', limits === '' || typeof schema.format === 'object' ? '' : `(${literal(limits)})`].filter((text) => text !== '').join(' ')
}

/** The settings of a property string. */
function settingDefinitions(format: Params): Definition[] {
  return Object.entries(format).filter(([, schema]) => schema.alias === undefined && schema.keyAlias === undefined)
    .map(([name, schema]) => parameter(`${bold(name)}=${valueMarkup(schema)}`, schema))
}

function valueMarkup(schema: ValueSchema): string {
  return italic(valueWord(schema))
}

export function exitStatus(codes: SharedWords['exitCodes']): string {
  return definitionList(codes.map(({code, meaning}) => ({term: bold(String(code)), paragraphs: [meaning]})))
}

export function environment(variables: SharedWords['environment']): string {
  return definitionList(variables.map(({name, meaning}) => ({term: bold(name), paragraphs: [meaning]})))
}

/** Links to other pages, each once, without the page itself. A command (`qm list`) stands for its page. */
export function seeAlso(links: readonly string[], self: string): string {
  const pages = links.map((link) => (/\(\d\)$/.test(link) ? link : `${pageName(link)}(1)`))
  return [...new Set(pages)].filter((link) => link !== self).map((link) => {
    const match = /^(.+)\((\d)\)$/.exec(link)
    return match === null ? literal(link) : `${bold(match[1] ?? '')}\\(${match[2] ?? ''}\\)`
  }).join(', ')
}
