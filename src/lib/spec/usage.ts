// The usage text of a command in the form that Proxmox VE's tools print it: the line, then every argument and option with its type,
// default and description. It is laid out for a fixed width, so that it is the same in a pipe and on a terminal.
import {propertySynopsis} from './generate/describe-value.ts'
import {isListFormat} from './read-value.ts'
import {isRequired} from './json-schema.ts'
import type {Params, ValueSchema} from './schema.ts'

export interface UsageOptions {
  readonly args: readonly string[]
  /** Set beforehand, so not shown. */
  readonly fixed?: Readonly<Record<string, unknown>>
  /** The command takes the options of the output as well. */
  readonly hasFormatOptions?: boolean
}

const width = 76
const indent = 13

/** The first line: `qm start <vmid> [OPTIONS]`. */
export function usageLine(prefix: string, schema: ValueSchema, options: UsageOptions): string {
  const params = topParams(schema)
  const isFixed = (name: string) => Object.hasOwn(options.fixed ?? {}, name)
  const words = options.args.filter(name => params[name] !== undefined && !isFixed(name)).map(name => {
    const param = params[name] ?? {}
    return isListFormat(param) ? `{<${name}>}` : isRequired(param) ? `<${name}>` : `[<${name}>]`
  })
  const names = optionNames(params, options)
  for (const name of names) {
    const param = params[name] ?? {}
    if (isRequired(param)) words.push(`--${shownName(params, name)} <${param.type ?? 'string'}>`)
  }
  const hasOptions = names.length > 0 || variantParts(schema).length > 0
  return [prefix, ...words, ...(hasOptions ? ['[OPTIONS]'] : []), ...(options.hasFormatOptions === true ? ['[FORMAT_OPTIONS]'] : [])].join(' ')
}

/** The whole text: the line, the arguments in their order, the options by name, then the options of each variant. */
export function usageText(prefix: string, schema: ValueSchema, options: UsageOptions): string {
  const params = topParams(schema)
  const args = options.args.filter(name => params[name] !== undefined && !Object.hasOwn(options.fixed ?? {}, name))
  return `USAGE: ${usageLine(prefix, schema, options)}\n`
    + args.map(name => describeParam(`<${name}>`, params[name] ?? {})).join('')
    + describeOptions(params, options)
    + describeVariants(schema, options)
}

function describeOptions(params: Params, options: UsageOptions): string {
  return optionNames(params, options).map(name => describeParam(`--${shownName(params, name)}`, params[name] ?? {})).join('')
}

/** The parameters outside of variants, the type properties included. */
function topParams(schema: ValueSchema): Params {
  const params: Record<string, ValueSchema> = {...schema.properties}
  for (const part of schema.allOf ?? []) Object.assign(params, topParams(part))
  if (schema.oneOf !== undefined) {
    params[schema.typeProperty ?? 'type'] = {...schema.typePropertySchema, ...(schema.optional === true ? {optional: true} : {})}
  }
  return params
}

/** The parts of the schema that have variants, outside of other variants. */
function variantParts(schema: ValueSchema): ValueSchema[] {
  return [...(schema.oneOf === undefined ? [] : [schema]), ...(schema.allOf ?? []).flatMap(variantParts)]
}

function describeVariants(schema: ValueSchema, options: UsageOptions): string {
  return variantParts(schema).map(part => {
    const variants = (part.oneOf ?? []).map(variant => {
      const types = (variant.instanceTypes ?? []).map(type => ` [${part.typeProperty ?? 'type'}=${type}]`).join('')
      return `${types}\n\n${describeOptions(topParams(variant), options)}${describeVariants(variant, options)}`
    })
    return ` Conditional options:\n\n${variants.join('')}`
  }).join('')
}

/** Options in the order in which they are shown; of a numbered family only its first. */
function optionNames(params: Params, options: UsageOptions): string[] {
  const hidden = new Set([...options.args, ...Object.keys(options.fixed ?? {})])
  return Object.keys(params).sort().filter(name => {
    const [, base, number] = /^(.*[a-z])(\d+)$/.exec(name) ?? []
    const isLaterOfFamily = base !== undefined && number !== '0' && params[`${base}0`] !== undefined && params[`${base}1`] !== undefined
    return !hidden.has(name) && !isLaterOfFamily
  })
}

/** net0 with a net1 beside it stands for all of them. */
function shownName(params: Params, name: string): string {
  const base = /^(.*[a-z])0$/.exec(name)?.[1]
  return base !== undefined && params[`${base}1`] !== undefined ? `${base}[n]` : name
}

function describeParam(shown: string, schema: ValueSchema): string {
  const fallback = schema.default === undefined ? '' : `   (default=${typeof schema.default === 'boolean' ? Number(schema.default) : schema.default})`
  const description = schema.alias === undefined ? `${wrap(schema.description ?? '')}` : ''
  return `  ${shown.padEnd(10)} ${typeText(schema)}${fallback}\n${description}\n`
}

/** The type of a value as Proxmox VE words it: `<integer> (1 - 10)`, `<a | b>`, `<string>`, the grammar of a property string. */
export function typeText(schema: ValueSchema): string {
  if (schema.alias !== undefined) return `<alias to '${schema.alias}'>`
  if (schema.fromFile === true) return `<${schema.placeholder ?? 'filepath'}>`
  if (typeof schema.format === 'object') return propertySynopsis(schema.format)
  if (schema.enum !== undefined) return `<${schema.enum.join(' | ')}>`
  const {type = 'string', minimum, maximum} = schema
  const hasRange = (type === 'integer' || type === 'number') && (minimum !== undefined || maximum !== undefined)
  return `<${type}>${hasRange ? ` (${minimum ?? '-N'} - ${maximum ?? 'N'})` : ''}`
}

/** Lines of words, indented as the column of types is; eight columns of indentation are a tab. */
function wrap(text: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/).filter(part => part !== '')) {
    if (line !== '' && indent + line.length + 1 + word.length >= width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  if (line !== '') lines.push(line)
  return lines.map(content => `\t${' '.repeat(indent - 8)}${content}\n`).join('')
}
