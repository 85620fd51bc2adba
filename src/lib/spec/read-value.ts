// From words to values: what counts as a boolean, a whole number, a number. Stricter than JavaScript and Perl on purpose, so that
// `1e9`, `0x10`, `1_000`, octal and numbers that lose digits are refused instead of becoming something else.
import {splitList} from './formats.ts'
import type {ValueSchema} from './schema.ts'

const trueWords = new Set(['1', 'yes', 'on', 'true'])
const falseWords = new Set(['0', 'no', 'off', 'false'])

/** The words of Proxmox VE for yes and no, in any case; undefined for anything else. */
export function readBoolean(text: string): boolean | undefined {
  const word = text.length <= 5 ? text.toLowerCase() : text
  return trueWords.has(word) ? true : falseWords.has(word) ? false : undefined
}

/** A decimal whole number that JavaScript holds exactly; undefined for anything else, leading zeros included. */
export function readInteger(text: string): number | undefined {
  if (!/^[+-]?(?:0|[1-9][0-9]{0,15})$/.test(text)) return undefined
  const value = Number(text)
  if (!Number.isSafeInteger(value)) return undefined
  return value === 0 ? 0 : value
}

/** A decimal number without exponent; undefined for anything else. */
export function readNumber(text: string): number | undefined {
  if (!/^[+-]?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,15})?$/.test(text)) return undefined
  const value = Number(text)
  if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) return undefined
  return value === 0 ? 0 : value
}

/** The value read as the type of the schema; one that cannot be read stays as it is, and fails the check of its type. */
export function readAs(schema: ValueSchema | undefined, value: unknown): unknown {
  switch (schema?.type ?? 'string') {
    case 'boolean':
      return value === 1 ? true : value === 0 ? false : typeof value === 'string' ? readBoolean(value) ?? value : value
    case 'integer': return typeof value === 'string' ? readInteger(value) ?? value : value
    case 'number': return typeof value === 'string' ? readNumber(value) ?? value : value
    case 'array': {
      const items: readonly unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? splitList(value) : [value]
      return items.map(item => readAs(schema?.items, item))
    }
    case 'string':
      if (schema?.enum === undefined && typeof value === 'number') return String(value)
      return Array.isArray(value) && isListFormat(schema) ? value.join(',') : value
    default: return value
  }
}

/** Whether a text holds a list (`-list` formats): it may be given several times, and is then joined by commas. */
export function isListFormat(schema: ValueSchema | undefined): boolean {
  return typeof schema?.format === 'string' && /-a?list$/.test(schema.format)
}

/** What was given, short enough and safe to be shown in an error. */
export function quoteValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value) ?? String(value)
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text
  const printable = short.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, character =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return `'${printable}'`
}
