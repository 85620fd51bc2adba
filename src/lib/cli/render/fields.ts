// Objects and lists of lines as text: `key: value` a line, as qm config and qm status print them.
import {printable, printableLines} from '../../base/index.ts'
import {plainText} from './cell.ts'

/** Deeper than this a value is printed as JSON on its line. */
const maxDepth = 8

/**
 * `key: value` lines, keys sorted unless an order is given (keys that the order does not name follow, sorted). An object or a list is
 * its name on a line and its content below, indented by a tab, as `qm status --verbose` prints block statistics.
 */
export function fieldLines(value: Readonly<Record<string, unknown>>, order: readonly string[] = []): string[] {
  const names = [...order.filter((name) => name in value), ...Object.keys(value).filter((name) => !order.includes(name)).sort()]
  return names.flatMap((name) => entryLines(printable(name), value[name], ''))
}

function entryLines(name: string, value: unknown, indent: string): string[] {
  if (value === undefined) return []
  if (typeof value !== 'object' || value === null || indent.length >= maxDepth) return [`${indent}${name}: ${plainText(value)}`]
  const inner = `${indent}\t`
  if (Array.isArray(value)) {
    return [`${indent}${name}:`, ...value.flatMap((item: unknown) => (typeof item === 'object' && item !== null ? nestedLines(item as Record<string, unknown>, inner) : [`${inner}${plainText(item)}`]))]
  }
  return [`${indent}${name}:`, ...nestedLines(value as Record<string, unknown>, inner)]
}

function nestedLines(value: Readonly<Record<string, unknown>>, indent: string): string[] {
  return Object.keys(value).sort().flatMap((name) => entryLines(printable(name), value[name], indent))
}

/** A text, or a list of texts, as lines; a text may hold several. */
export function textLines(value: unknown): string[] {
  if (value === undefined || value === null) return []
  const texts = Array.isArray(value) ? value.map((item: unknown) => (typeof item === 'string' ? item : plainText(item))) : [typeof value === 'string' ? value : plainText(value)]
  return texts.flatMap((text) => printableLines(text).replace(/\n$/, '').split('\n'))
}
