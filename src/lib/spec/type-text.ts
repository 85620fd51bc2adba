// The type of a value in the words of synopses and usage texts: `<integer> (1 - 10)`, `<a | b>`, and the grammar of property strings
// `[model=]<enum> [,bridge=<bridge>]`.
import {isRequired} from './json-schema.ts'
import type {PropertyFormat, ValueSchema} from './schema.ts'

/** The type with its range or its words. */
export function typeText(schema: ValueSchema): string {
  if (schema.alias !== undefined) return `<alias to '${schema.alias}'>`
  if (typeof schema.format === 'object') return propertyStringText(schema.format)
  if (schema.enum !== undefined) return `<${schema.enum.join(' | ')}>`
  const type = schema.type ?? 'string'
  return type === 'integer' || type === 'number' ? `<${type}>${rangeText(schema)}` : `<${type}>`
}

function rangeText({minimum, maximum}: ValueSchema): string {
  if (minimum === undefined && maximum === undefined) return ''
  return ` (${minimum ?? '-N'} - ${maximum ?? 'N'})`
}

/** The placeholder of a value whose text is not its type: the path of the file that holds it. */
export function formatPlaceholder(schema: ValueSchema): string | undefined {
  return schema.fromFile === true ? `<${schema.placeholder ?? 'filepath'}>` : undefined
}

/** The grammar of a property string: the default key first, then those that must be there, then the others by name. */
export function propertyStringText(format: PropertyFormat): string {
  const keyAliases = Object.entries(format).filter(([, schema]) => schema.keyAlias !== undefined)
  const aliasTarget = keyAliases[0]?.[1].alias
  const names = Object.keys(format).filter(name => format[name]?.alias === undefined)
  const rank = (name: string) => format[name]?.defaultKey === true ? 0 : isRequired(format[name] ?? {}) ? 1 : 2
  names.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  const parts = names.map((name, index) => {
    const schema = format[name] ?? {}
    const value = propertyValueText(schema)
    const part = schema.defaultKey === true ? `[${name}=]${value}` : `${name}=${value}`
    const separated = index === 0 ? part : `,${part}`
    return isRequired(schema) || (index === 0 && schema.defaultKey === true) ? separated : `[${separated}]`
  })
  if (aliasTarget !== undefined) parts.push(`[,<${keyAliases[0]?.[1].keyAlias ?? ''}>=<${aliasTarget}>]`)
  return parts.join(' ')
}

function propertyValueText(schema: ValueSchema): string {
  if (schema.placeholder !== undefined) return `<${schema.placeholder}>`
  if (schema.enum !== undefined) return `<${schema.enum.join('|')}>`
  if (schema.type === 'boolean') return '<1|0>'
  return `<${schema.type ?? 'string'}>`
}
