// `args` of qm.conf: words as a POSIX shell would split them, without any of its expansions.
import {InvalidInputError} from '../../../base/index.ts'

const mostWords = 256

/**
 * @throws InvalidInputError for a quote that is not closed or control characters
 */
export function splitArguments(text: string): string[] {
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text)) throw new InvalidInputError('\'args\' holds control characters', {args: 'holds control characters'})
  const words: string[] = []
  let word: string | undefined
  let quote: '"' | '\'' | undefined
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? ''
    if (quote === '\'') {
      if (character === quote) quote = undefined
      else word = `${word ?? ''}${character}`
    } else if (character === '\\') {
      const next = text[++index]
      if (next === undefined) throw new InvalidInputError('\'args\' ends with a backslash', {args: 'ends with a backslash'})
      // Between double quotes a backslash stays itself unless it guards a quote or another backslash.
      word = `${word ?? ''}${quote === '"' && next !== '"' && next !== '\\' ? '\\' : ''}${next}`
    } else if (quote === '"') {
      if (character === quote) quote = undefined
      else word = `${word ?? ''}${character}`
    } else if (character === '"' || character === '\'') {
      quote = character
      word ??= ''
    } else if (character === ' ' || character === '\t') {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      word = `${word ?? ''}${character}`
    }
  }
  if (quote !== undefined) throw new InvalidInputError(`'args' has a ${quote} that is not closed`, {args: 'has an open quote'})
  if (word !== undefined) words.push(word)
  if (words.length > mostWords) throw new InvalidInputError(`'args' has more than ${mostWords} words`, {args: 'has too many words'})
  return words
}
