// Property strings: the comma-separated sub-properties inside one value, `virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1`. The schema
// of the sub-properties (PropertyFormat) says which may stand there; one may be written without its key (defaultKey).
import {InvalidInputError} from '../base/index.ts'
import {findParam, unknownNameReason} from './params.ts'
import {quoteValue, readAs} from './read-value.ts'
import {reasonsByField} from './reasons.ts'
import {notBuiltYet} from './schema.ts'
import type {PropertyFormat} from './schema.ts'
import {paramsValidator} from './validator.ts'

export type PropertyValues = Record<string, string | number | boolean>

/** A property string is one line of a file; nothing longer is looked at. */
const longestText = 64 * 1024

/**
 * The sub-properties of a property string, checked and read as their types. Aliases are resolved; a key alias sets two of them
 * (`virtio=MAC` is model=virtio and macaddr=MAC).
 * @throws InvalidInputError whose `fields` name the sub-properties that are wrong; a part that belongs to none is in the message alone.
 */
export function parsePropertyString(text: string, format: PropertyFormat): PropertyValues {
  if (text.length > longestText) throw new InvalidInputError(`must have at most ${longestText} characters`)
  const values = takeApart(text, format)
  for (const [key, value] of Object.entries(values)) values[key] = readAs(findParam(format, key)?.schema, value) as string
  const errors = paramsValidator(format, false)(values)
  if (errors.length > 0) {
    const fields = reasonsByField(errors, {
      unknownName: name => missingReason(format, name) ?? unknownNameReason(format, name, 'property'),
      values,
      schemaOf: name => findParam(format, name)?.schema,
    })
    throw new InvalidInputError(Object.entries(fields).map(([field, reason]) => `${field}: ${reason}`).join('\n'), fields)
  }
  return {...values}
}

/** The parts of the text by their keys, still as words. */
function takeApart(text: string, format: PropertyFormat): PropertyValues {
  const values = Object.create(null) as PropertyValues
  const set = (key: string, value: string, written: string) => {
    if (key in values) {
      throw new InvalidInputError(`'${key}' is given twice`, {[key]: written === key ? 'is given twice' : `is given twice: '${written}' is another way to give it`})
    }
    values[key] = value
  }
  for (const part of text.split(',')) {
    if (part.trim() === '') continue
    const equals = part.indexOf('=')
    if (equals < 0) {
      const key = defaultKeyOf(format)
      if (key === undefined) throw new InvalidInputError(`${quoteValue(part)} has no key; write ${knownKeys(format)}`)
      set(key, part, key)
      continue
    }
    const key = part.slice(0, equals)
    const value = part.slice(equals + 1)
    if (key === '') throw new InvalidInputError(`${quoteValue(part)} has no key before the '='`)
    if (value === '') throw new InvalidInputError(`'${key}' has no value`, {[key]: 'has no value'})
    if (asksNothing(format, key, value)) continue
    const schema = findParam(format, key)?.schema
    if (schema?.alias === undefined) {
      set(key, value, key)
    } else {
      if (schema.keyAlias !== undefined) set(schema.keyAlias, key, key)
      set(schema.alias, value, key)
    }
  }
  return values
}

function missingReason(format: PropertyFormat, key: string): string | undefined {
  const missing = missingProperty(format, key)
  if (missing === undefined) return undefined
  return `${missing.reason}; leave it out${missing.offAsksNothing === true ? `, or write ${key}=0` : ''}`
}

function asksNothing(format: PropertyFormat, key: string, value: string): boolean {
  return missingProperty(format, key)?.offAsksNothing === true && /^(?:0|off|no|false)$/i.test(value)
}

function missingProperty(format: PropertyFormat, key: string) {
  const missing = format[notBuiltYet]
  return missing !== undefined && Object.hasOwn(missing, key) ? missing[key] : undefined
}

function defaultKeyOf(format: PropertyFormat): string | undefined {
  return Object.keys(format).find(key => format[key]?.defaultKey === true)
}

function knownKeys(format: PropertyFormat): string {
  const keys = Object.keys(format).filter(key => format[key]?.alias === undefined)
  return keys.slice(0, 8).map(key => `${key}=…`).join(', ') + (keys.length > 8 ? ', …' : '')
}

/**
 * Writes sub-properties in Proxmox VE's order: the one with the default key first and without its name, then the others by name;
 * booleans as 1 and 0. Where a key alias fits (`model` and `macaddr` of a network card) it is used: `virtio=BC:…`.
 * @throws InvalidInputError for a value with a comma or line break, which would become something else when read.
 */
export function formatPropertyString(values: Readonly<Record<string, string | number | boolean | undefined>>, format: PropertyFormat): string {
  const left = new Map<string, string>()
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined) left.set(key, writeWord(key, value))
  }
  const parts: string[] = []
  for (const [alias, schema] of Object.entries(format)) {
    const {keyAlias, alias: target} = schema
    if (keyAlias === undefined || target === undefined || left.get(keyAlias) !== alias || !left.has(target)) continue
    parts.push(`${alias}=${left.get(target) ?? ''}`)
    left.delete(keyAlias)
    left.delete(target)
  }
  const defaultKey = defaultKeyOf(format)
  const bare = defaultKey === undefined ? undefined : left.get(defaultKey)
  // A value with '=' cannot stand without its key, since it would be taken for a key; nor can blanks, since they would be taken for nothing.
  if (defaultKey !== undefined && bare !== undefined && !bare.includes('=') && bare.trim() !== '') {
    parts.unshift(bare)
    left.delete(defaultKey)
  }
  for (const key of [...left.keys()].sort()) parts.push(`${key}=${left.get(key) ?? ''}`)
  return parts.join(',')
}

function writeWord(key: string, value: string | number | boolean): string {
  const word = typeof value === 'boolean' ? (value ? '1' : '0') : String(value)
  if (word === '') throw new InvalidInputError(`'${key}' has no value`, {[key]: 'has no value'})
  if (/[,\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(word)) {
    throw new InvalidInputError(`'${key}' must not contain commas or control characters`, {[key]: 'must not contain commas or control characters'})
  }
  return word
}
