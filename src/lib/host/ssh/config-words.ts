// Takes one line of OpenSSH's client configuration apart, as ssh_config(5) describes and OpenSSH 9 does: keyword, an optional `=`, arguments
// in quotes or with backslashes, and `#` that begins a comment where an argument could begin.
import {InvalidInputError} from '../../base/index.ts'

export interface ConfigLine {
  /** In lower case. */
  readonly keyword: string
  readonly args: readonly string[]
}

const maxLineChars = 16 * 1024

/**
 * @returns undefined for an empty line or a comment
 * @throws InvalidInputError, without the place of the line
 */
export function readConfigLine(line: string): ConfigLine | undefined {
  if (line.length > maxLineChars) throw new InvalidInputError(`the line is longer than ${maxLineChars} characters`)
  const trimmed = withoutBlanksAround(line)
  if (trimmed === '' || trimmed.startsWith('#')) return undefined
  const found = /^"?([A-Za-z0-9]+)"?[ \t]*=?[ \t]*/.exec(trimmed)
  if (found?.[1] === undefined) throw new InvalidInputError('the line does not begin with a keyword')
  const args = splitWords(trimmed.slice(found[0].length))
  if (args.length === 0) throw new InvalidInputError(`${found[1]} has no value`)
  return {keyword: found[1].toLowerCase(), args}
}

/** Only what OpenSSH takes for a blank; String.trim knows more, and a pattern for the end of a text takes the square of its length. */
function withoutBlanksAround(line: string): string {
  let start = 0
  let end = line.length
  while (start < end && ' \t\r\n\f\v'.includes(line[start] ?? '')) start++
  while (end > start && ' \t\r\n\f\v'.includes(line[end - 1] ?? '')) end--
  return line.slice(start, end)
}

/** @throws InvalidInputError for a quote without its end */
function splitWords(text: string): string[] {
  const words: string[] = []
  let at = 0
  while (at < text.length) {
    const character = text[at] ?? ''
    if (character === ' ' || character === '\t') { at++; continue }
    if (character === '#') break
    const word = readWord(text, at)
    words.push(word.text)
    at = word.end
  }
  return words
}

function readWord(text: string, start: number): {text: string; end: number} {
  let word = ''
  let quote: string | undefined
  let at = start
  for (; at < text.length; at++) {
    const character = text[at] ?? ''
    const next = text[at + 1] ?? ''
    const isEscape = character === '\\' && (next === '\\' || next === '"' || next === '\'' || (quote === undefined && next === ' '))
    if (isEscape) { word += next; at++ }
    else if (quote === undefined && (character === ' ' || character === '\t')) break
    else if (quote === undefined && (character === '"' || character === '\'')) quote = character
    else if (character === quote) quote = undefined
    else word += character
  }
  if (quote !== undefined) throw new InvalidInputError('a quote has no end')
  return {text: word, end: at}
}
