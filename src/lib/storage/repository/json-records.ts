// Reading the JSON of a repository, which is somebody else's until it is shown to be right: each function says what it wants and refuses the rest.
import {InvalidInputError} from '../../base/index.ts'

export type Fields = Readonly<Record<string, unknown>>

/** Objects and lists in one text: forty times as many as an index has. Each takes far more memory than the two letters that it is written with. */
const maxParts = 2_000_000
/** Notes of a backup have 64 KiB, each letter of which may be written with three. */
const maxTextLength = 256 * 1024

/** @param what for the error: `the index` @throws InvalidInputError when it is no JSON object, or one of too many parts */
export function parseObject(data: Buffer, what: string): Fields {
  assertFewParts(data, what)
  let value: unknown
  try {
    value = JSON.parse(data.toString('utf8'))
  } catch (cause) {
    throw new InvalidInputError(`${what} of the repository is no JSON`, {}, {cause})
  }
  return objectOf(value, what)
}

function assertFewParts(data: Buffer, what: string): void {
  let parts = 0
  for (const mark of '{[') {
    for (let at = data.indexOf(mark); at !== -1; at = data.indexOf(mark, at + 1)) {
      if (++parts > maxParts) throw new InvalidInputError(`${what} of the repository has more than ${maxParts} parts`)
    }
  }
}

/** @throws InvalidInputError */
export function objectOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new InvalidInputError(`${what} of the repository is no object`)
  return value as Fields
}

/** An absent or null list is empty: Go writes nil so. @throws InvalidInputError */
export function listOf<T>(value: unknown, what: string, item: (value: unknown) => T): T[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new InvalidInputError(`${what} of the repository is no list`)
  return value.map(item)
}

/** @throws InvalidInputError */
export function textOf(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new InvalidInputError(`${what} of the repository is no text`)
  if (value.length > maxTextLength) throw new InvalidInputError(`${what} of the repository has a text of more than ${maxTextLength} letters`)
  return value
}

/** The hexadecimal SHA-256 that names a blob or a file. @throws InvalidInputError */
export function idOf(value: unknown, what: string): string {
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) throw new InvalidInputError(`${what} of the repository is no identifier`)
  return value
}

/** A whole number from 0 to `most`. @throws InvalidInputError */
export function countOf(value: unknown, what: string, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > most) throw new InvalidInputError(`${what} of the repository is no number that can be`)
  return value
}

/** @throws InvalidInputError unless it is the base64 of just so many bytes */
export function bytesOf(value: unknown, what: string, count?: number): Buffer {
  const data = Buffer.from(textOf(value, what), 'base64')
  if (count !== undefined && data.length !== count) throw new InvalidInputError(`${what} of the repository has ${data.length} bytes and not ${count}`)
  return data
}
