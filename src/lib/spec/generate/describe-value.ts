// Values in words: the synopsis of a value (`<integer>`, `[model=]<enum> [,bridge=<bridge>]`) and its limits, shared by --help, man pages
// and completions. Pure; knows no layout.
import {typedParams} from '../params.ts'
import type {Params, PropertyFormat, ValueSchema} from '../schema.ts'

/** The word for a value in a synopsis: its choices when they are few, else `<placeholder>` or `<type>`. */
export function valueWord(schema: ValueSchema): string {
  if (hasFewChoices(schema)) return `<${schema.enum?.join('|') ?? ''}>`
  if (schema.placeholder !== undefined) return `<${schema.placeholder.replace(/^<|>$/g, '')}>`
  if (schema.enum !== undefined) return '<word>'
  switch (schema.type) {
    case 'boolean': return '<1|0>'
    case 'integer': return '<integer>'
    case 'number': return '<number>'
    case 'array': return schema.items === undefined ? '<text>' : valueWord(schema.items)
    default: return typeof schema.format === 'object' ? '<settings>' : '<text>'
  }
}

/** Whether the choices themselves stand in a synopsis. */
function hasFewChoices(schema: ValueSchema): boolean {
  return schema.enum !== undefined && schema.enum.length <= 6
}

/** The value as it stands behind an option: a boolean one may be left out. */
export function optionValue(schema: ValueSchema): string {
  return schema.type === 'boolean' ? '[1|0]' : valueWord(schema)
}

/**
 * The synopsis of a property string: the default key's name in brackets, optional parts in brackets, sorted as the schema has them.
 * `[model=]<e1000|virtio> [,bridge=<bridge>]`
 */
export function propertySynopsis(format: PropertyFormat): string {
  const entries = Object.entries(format).filter(([, schema]) => schema.alias === undefined)
  const first = entries.filter(([, schema]) => schema.defaultKey === true)
  const required = entries.filter(([, schema]) => schema.defaultKey !== true && isNeeded(schema))
  const optional = entries.filter(([, schema]) => schema.defaultKey !== true && !isNeeded(schema))
  const parts = [...first, ...required, ...optional].map(([name, schema], index) => {
    const key = schema.defaultKey === true ? `[${name}=]` : `${name}=`
    const text = `${index === 0 ? '' : ','}${key}${valueWord(schema)}`
    return isNeeded(schema) ? text : `[${text}]`
  })
  return parts.join(' ')
}

/** Whether a value must be given. */
export function isNeeded(schema: ValueSchema): boolean {
  return schema.optional !== true && schema.default === undefined && schema.alias === undefined
}

/** The type in words for people: `boolean`, `integer from 1 to 64`, `one of a, b`, `text of at most 40 characters`. */
export function typeWords(schema: ValueSchema): string {
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`
  if (typeof schema.format === 'object') return 'settings separated by commas'
  switch (schema.type) {
    case 'boolean': return 'boolean'
    case 'integer': return `integer${rangeWords(schema)}`
    case 'number': return `number${rangeWords(schema)}`
    case 'array': return `${schema.items === undefined ? 'text' : typeWords(schema.items)}, can be given several times`
    default: return `${formatWord(schema)}${lengthWords(schema)}`
  }
}

/** Words for the named formats that are worth a word; the others are text. */
const formatWords: Readonly<Record<string, string>> = {
  'pve-vmid': 'guest number', 'pve-node': 'name of a host', 'pve-storage-id': 'name of a storage', 'pve-configid': 'name', 'pve-day-of-week': 'day of the week',
  'pve-upid': 'task id', 'mac-addr': 'MAC address', 'ip': 'IP address', 'ipv4': 'IPv4 address', 'ipv6': 'IPv6 address', 'dns-name': 'DNS name',
  'disk-size': 'size such as 32G', 'email': 'e-mail address', 'pve-volume-id': 'volume id', 'pve-bridge-id': 'name of a bridge', 'urlencoded': 'URL-encoded text',
}

function formatWord(schema: ValueSchema): string {
  if (typeof schema.format !== 'string') return 'text'
  const name = schema.format.replace(/-opt$/, '')
  const isList = /-a?list$/.test(name)
  const word = formatWords[name.replace(/-a?list$/, '')] ?? 'text'
  return isList ? `list of: ${word}` : word
}

function rangeWords(schema: ValueSchema): string {
  const {minimum, maximum} = schema
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  if (minimum !== undefined) return ` of at least ${minimum}`
  return maximum === undefined ? '' : ` of at most ${maximum}`
}

function lengthWords(schema: ValueSchema): string {
  const {minLength, maxLength} = schema
  if (minLength !== undefined && maxLength !== undefined) return ` of ${minLength} to ${maxLength} characters`
  if (maxLength !== undefined) return ` of at most ${maxLength} characters`
  return minLength === undefined ? '' : ` of at least ${minLength} characters`
}

/** The default in words, or undefined. */
export function defaultWords(schema: ValueSchema): string | undefined {
  if (schema.defaultText !== undefined) return schema.defaultText
  if (schema.default === undefined) return undefined
  return typeof schema.default === 'boolean' ? (schema.default ? '1' : '0') : String(schema.default)
}

/** Type, default and requirements on one line (`integer from 1 to 64; default: 1`), without what the value's own word says already. */
export function limitWords(schema: ValueSchema): string {
  const isShown = schema.type === 'boolean' || hasFewChoices(schema) || typeWords(schema) === 'text'
  const words = isShown ? [] : [typeWords(schema)]
  const preset = defaultWords(schema)
  if (preset !== undefined) words.push(`default: ${preset}`)
  if (schema.requires !== undefined) words.push(`only with --${schema.requires}`)
  return words.join('; ')
}

/** The parameters that are options, not positional arguments, in the order in which they are shown: needed ones first, each sorted. */
export function optionEntries(params: Params, args: readonly string[]): readonly (readonly [string, ValueSchema])[] {
  const entries = Object.entries(typedParams(params)).filter(([name]) => !args.includes(name))
  const byName = (a: readonly [string, ValueSchema], b: readonly [string, ValueSchema]) => (a[0] < b[0] ? -1 : 1)
  return [...entries.filter(([, schema]) => isNeeded(schema)).sort(byName), ...entries.filter(([, schema]) => !isNeeded(schema)).sort(byName)]
}
