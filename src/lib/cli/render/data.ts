// Results for programs: JSON on one line or indented, YAML. Keys are sorted, so that two calls can be compared; booleans are 1 and 0, as
// Proxmox VE's commands and API print them.

import {textLines} from './fields.ts'

/* What JSON.stringify leaves raw within strings although a terminal may obey or hide it; see base/printable.ts. */
const unprintable = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** JSON text whose strings hold no raw control character. It stays the same data. */
export function printableJson(json: string): string {
  return json.replace(unprintable, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The value with sorted keys and with booleans as numbers. Values that JSON lacks (undefined) are left out. */
export function canonical(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const source = value as Readonly<Record<string, unknown>>
  return Object.fromEntries(Object.keys(source).sort().filter((key) => source[key] !== undefined).map((key) => [key, canonical(source[key])]))
}

export function jsonText(value: unknown, isPretty: boolean): string {
  return printableJson(JSON.stringify(canonical(value) ?? null, undefined, isPretty ? 3 : undefined))
}

/** Data as Proxmox VE's tools show what a guest agent says: truth values stay true and false, a text stands without quotes. */
export function dataLines(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return textLines(value)
  if (Object.keys(value).length === 0 && !Array.isArray(value)) return []
  return printableJson(JSON.stringify(sorted(value), undefined, 3)).split('\n')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([key, inner]) => [key, sorted(inner)]))
}

/** A YAML document. The library is loaded only here. */
export async function yamlText(value: unknown): Promise<string> {
  const {stringify} = await import('yaml')
  const data = canonical(value) ?? null
  const json = JSON.stringify(data)
  // Strings in double quotes take JSON's escapes, so that no control character reaches the terminal.
  const isSafe = printableJson(json) === json
  return `---\n${isSafe ? stringify(data) : printableJson(stringify(data, {defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'QUOTE_DOUBLE', doubleQuotedAsJSON: true, lineWidth: 0}))}`.replace(/\n$/, '')
}
