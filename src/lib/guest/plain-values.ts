// A check of the plain values of a configuration (everything that is not a property string) before they become arguments: a file may
// have been edited by hand. It follows the same schemas as `qm set` and does without the compiled validators, as it stands in the
// way of every start; property strings are checked when they are read.
import {InvalidInputError} from '../base/index.ts'
import {checkFormat} from '../spec/formats.ts'
import {findParam} from '../spec/params.ts'
import {quoteValue, readBoolean, readInteger} from '../spec/read-value.ts'
import type {Params, ValueSchema} from '../spec/index.ts'

/** @throws InvalidInputError naming every key whose value is wrong */
export function checkPlainValues(values: Readonly<Record<string, string>>, known: Params): void {
  const fields: Record<string, string> = {}
  for (const [key, text] of Object.entries(values)) {
    const schema = findParam(known, key)?.schema
    const reason = schema === undefined || typeof schema.format === 'object' ? undefined : wrongBecause(schema, text)
    if (reason !== undefined) fields[key] = reason
  }
  const reasons = Object.entries(fields).map(([key, reason]) => `'${key}' ${reason}`)
  if (reasons.length > 0) throw new InvalidInputError(`the configuration is wrong: ${reasons.join(', ')}`, fields)
}

function wrongBecause(schema: ValueSchema, text: string): string | undefined {
  if (schema.enum !== undefined && !schema.enum.includes(text)) return `must be one of ${schema.enum.join(', ')}, not ${quoteValue(text)}`
  if (schema.maxLength !== undefined && text.length > schema.maxLength) return `must have at most ${schema.maxLength} characters`
  if (schema.type === 'boolean') return readBoolean(text) === undefined ? `must be 1 or 0, not ${quoteValue(text)}` : undefined
  if (schema.type === 'integer') return wrongNumber(schema, text)
  if (schema.type === 'number') return wrongDecimal(schema, text)
  if (schema.pattern !== undefined && !new RegExp(`^(?:${schema.pattern})$`).test(text)) return `has a value of the wrong form: ${quoteValue(text)}`
  const right = typeof schema.format === 'string' ? checkFormat(schema.format, text) : undefined
  return right === undefined ? undefined : `must be ${right}, not ${quoteValue(text)}`
}

function wrongDecimal(schema: ValueSchema, text: string): string | undefined {
  return /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text) ? outOfRange(schema, Number(text)) : `must be a number, not ${quoteValue(text)}`
}

function wrongNumber(schema: ValueSchema, text: string): string | undefined {
  const number = readInteger(text)
  return number === undefined ? `must be a whole number, not ${quoteValue(text)}` : outOfRange(schema, number)
}

function outOfRange({minimum, maximum}: ValueSchema, number: number): string | undefined {
  if (minimum !== undefined && number < minimum) return `must be at least ${minimum}`
  return maximum !== undefined && number > maximum ? `must be at most ${maximum}` : undefined
}
