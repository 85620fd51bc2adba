// Random texts out of characters that parsers stumble over.
import type {RandomSource} from './rounds.ts'

/** Separators, quotes, path and shell characters, control characters, letters of several bytes. */
export const hostileCharacters = 'aZ09 ,=;:/\\-_.+%#\'"`$|&<>()[]{}*?!@^~\t\n\r\0\u001b\u007f\u0085\u2028\u202eä€😀'

/** A text of at most `longest` of the characters. */
export function randomText(random: RandomSource, longest: number, characters = hostileCharacters): string {
  return Array.from({length: random.between(0, longest)}, () => characters[random.between(0, characters.length - 1)] ?? '').join('')
}

export function pick<T>(random: RandomSource, items: readonly T[]): T {
  return items[random.between(0, items.length - 1)] as T
}
