// What stands between a suite of cases and the product. An adapter puts a case to the product's own functions and translates the answer
// into the words of the suite; it holds no knowledge that the product lacks. It is given neither the id, the name nor the
// tags of a case, and it answers before it sees what is expected.
import {AppError, InvalidInputError} from '../../src/lib/base/index.ts'

/** Data of a case or of the environment of its suite; each suite has its own shape. */
export type Data = Readonly<Record<string, unknown>>

export interface Adapter {
  /** Puts the case to the product. @throws Unsupported for an operation that the product lacks */
  answer(input: Data, env: Data): unknown
  /** What differs between the answer and the expectation, a line each; nothing when all of the expectation holds. */
  differences(answer: unknown, expect: Data, input: Data, env: Data): readonly string[]
}

/** Thrown by `answer`: the product does not have what the case asks for. */
export class Unsupported extends Error {}

/** An answer that is a refusal, in the words of the product. */
export class Refusal {
  readonly message: string
  /** Reasons by field. */
  readonly fields: Readonly<Record<string, string>>
  constructor(error: AppError) {
    this.message = error.message
    this.fields = error instanceof InvalidInputError ? error.fields : {}
  }
}

/** The answer of a function, or its refusal; anything thrown that is no refusal is a bug and fails the case. */
export function attempt<T>(ask: () => T): T | Refusal {
  try {
    return ask()
  } catch (error) {
    if (error instanceof AppError) return new Refusal(error)
    throw error
  }
}

/**
 * Compares data as the suites do: the order of keys is free, null, undefined and absent are the same, 1 and true are the same, numbers
 * equal numeric strings.
 */
export function compareData(actual: unknown, expected: unknown, path = ''): string[] {
  const shown = (value: unknown) => JSON.stringify(value) ?? 'nothing'
  if (Array.isArray(expected) || Array.isArray(actual)) {
    if (!Array.isArray(expected) || !Array.isArray(actual) || expected.length !== actual.length) {
      return [`${path || 'value'}: is ${shown(actual)}, expected ${shown(expected)}`]
    }
    return expected.flatMap((item, index) => compareData(actual[index], item, `${path}[${index}]`))
  }
  if (isRecord(expected) && isRecord(actual)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(actual)])
    return [...keys].sort().flatMap(key => compareData(actual[key], expected[key], path === '' ? key : `${path}.${key}`))
  }
  return scalar(actual) === scalar(expected) ? [] : [`${path || 'value'}: is ${shown(actual)}, expected ${shown(expected)}`]
}

function scalar(value: unknown): unknown {
  if (value === null || value === undefined) return undefined
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && /^-?\d+\.\d+$/.test(value) ? String(Number(value)) : value
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
