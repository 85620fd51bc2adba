// Words of a POSIX shell's command line: quoting them for display (`--dry-run`, showcmd) and taking a line apart into words (the `args`
// of a guest). Nothing here is ever given to a shell.
import {InvalidInputError} from '../base/index.ts'

/**
 * A word as a shell would have to be given it: as it is when it is harmless, else in single quotes, as Proxmox VE shows command lines.
 * @throws InvalidInputError for a NUL byte, which no command line can hold.
 */
export function shellQuote(word: string): string {
  if (word.includes('\0')) throw new InvalidInputError('a command line cannot hold NUL bytes')
  if (/^[A-Za-z0-9_!%+,\-./:@^]+$/.test(word)) return word
  if (word === '') return "''"
  // Quotes at the ends would leave empty pairs of quotes behind.
  return `'${word.replaceAll("'", "'\\''")}'`.replace(/^''(?=.)/s, '').replace(/(?<=.)''$/s, '')
}

/** A command line of these words. */
export function shellJoin(words: readonly string[]): string {
  return words.map(shellQuote).join(' ')
}

const longestLine = 1024 * 1024

/**
 * The words of a command line with quotes and backslashes nearly as in a POSIX shell: Proxmox VE takes `args` apart with Perl's
 * Text::ParseWords, where a backslash in double quotes quotes any character. Nothing is expanded: `$x`, `|` and `;` are text.
 * @throws InvalidInputError for a quote that is not closed, or a backslash at the end.
 */
export function shellSplit(line: string): string[] {
  if (line.length > longestLine) throw new InvalidInputError(`a command line may have at most ${longestLine} characters`)
  const words: string[] = []
  let word: string | undefined
  let quote: '"' | "'" | undefined
  for (let index = 0; index < line.length; index++) {
    const character = line[index] ?? ''
    if (quote === "'") {
      if (character === "'") quote = undefined
      else word = (word ?? '') + character
    } else if (character === '\\') {
      const next = line[++index]
      if (next === undefined) throw new InvalidInputError('a command line cannot end with a backslash')
      word = (word ?? '') + next
    } else if (quote === '"') {
      if (character === '"') quote = undefined
      else word = (word ?? '') + character
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      word = (word ?? '') + character
    }
  }
  if (quote !== undefined) throw new InvalidInputError(`a quote (${quote}) is not closed`)
  if (word !== undefined) words.push(word)
  return words
}
